// Text forms of time. Milliseconds since the epoch inside, RFC 3339 outside. A time without a zone is UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;
constexpr std::int64_t kDayMs = 24 * kHourMs;

// "2014-11-01T00:30:00Z", with ".123" only when there are milliseconds.
std::string format_rfc3339(std::int64_t ms);
// Accepts "2014-11-01", "2014-11-01T00:30", "2014-11-01 00:30:00", fractions, "Z" and "+10:00".
StatusOr<std::int64_t> parse_time(std::string_view text);

struct CivilTime {
  int year, month, day, hour, minute, second;
  int weekday;      // 0 = Monday … 6 = Sunday
  int day_of_year;  // 1 … 366
};
CivilTime civil_time(std::int64_t ms);

}  // namespace treadle
