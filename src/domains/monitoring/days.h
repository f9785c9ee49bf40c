// Arithmetic on days and their sums. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domains/monitoring/types.h"

namespace treadle::monitoring {

// Midnight (UTC) of the day that holds the time; also right before 1970.
std::int64_t day_of(std::int64_t time_ms);
// "2014-11-01"
std::string day_text(std::int64_t day_ms);

// Mean absolute error over the joined rows of the `window` days that end with `last_day_ms`; nullopt while fewer than
// `window` days have truths, because a single odd day is no trend. `days` ascending.
std::optional<double> rolling_mae(const std::vector<DaySums>& days, std::int64_t last_day_ms, std::int64_t window);

constexpr std::int64_t kRollingDays = 7;
std::vector<DayPerformance> performance_series(const std::vector<DaySums>& days);

}  // namespace treadle::monitoring
