#include "base/time.h"

#include <chrono>
#include <cstdio>
#include <optional>

namespace treadle {
namespace {

// Reads exactly `digits` digits at the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take_char(text, "-")) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_char(text, "-")) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDayMs;
}

std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take_char(text, ".")) return 0;
  std::int64_t ms = 0;
  std::int64_t scale = 100;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits, scale /= 10) {
    ms += (text.front() - '0') * scale;
  }
  return digits > 0 ? std::optional(ms) : std::nullopt;
}

std::optional<std::int64_t> take_time_of_day(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take_char(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t ms = *hour * kHourMs + *minute * kMinuteMs;
  if (!take_char(text, ":")) return ms;
  const auto second = take_digits(text, 2);
  if (!second || *second > 60) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  return ms + *second * kSecondMs + *fraction;
}

std::optional<std::int64_t> take_zone_offset(std::string_view& text) {
  if (text.empty() || take_char(text, "Zz")) return 0;
  const bool west = text.front() == '-';
  if (!take_char(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours) return std::nullopt;
  take_char(text, ":");
  const auto minutes = take_digits(text, 2);
  if (!minutes) return std::nullopt;
  const std::int64_t offset = *hours * kHourMs + *minutes * kMinuteMs;
  return west ? -offset : offset;
}

std::optional<std::int64_t> read_time(std::string_view text) {
  auto ms = take_date(text);
  if (!ms || text.empty()) return ms;
  if (!take_char(text, "T ")) return std::nullopt;
  const auto time = take_time_of_day(text);
  if (!time) return std::nullopt;
  const auto offset = take_zone_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return *ms + *time - *offset;
}

}  // namespace

CivilTime civil_time(std::int64_t ms) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  const auto days = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const auto year_start = std::chrono::sys_days(date.year() / std::chrono::January / 1);
  const auto of_day = static_cast<int>((ms - days.time_since_epoch().count() * kDayMs) / kSecondMs);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .hour = of_day / 3600,
          .minute = of_day / 60 % 60,
          .second = of_day % 60,
          .weekday = static_cast<int>(std::chrono::weekday(days).iso_encoding()) - 1,
          .day_of_year = static_cast<int>((days - year_start).count()) + 1};
}

std::string format_rfc3339(std::int64_t ms) {
  const CivilTime time = civil_time(ms);
  const int millis = static_cast<int>(((ms % 1000) + 1000) % 1000);
  char buffer[80];
  int size = std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d", time.year, time.month, time.day,
                           time.hour, time.minute, time.second);
  if (millis != 0)
    size += std::snprintf(buffer + size, sizeof buffer - static_cast<std::size_t>(size), ".%03d", millis);
  return std::string(buffer, static_cast<std::size_t>(size)) + "Z";
}

StatusOr<std::int64_t> parse_time(std::string_view text) {
  const auto ms = read_time(text);
  if (!ms) return invalid("\"", text, "\" is not a time; write it like 2014-11-01T00:30:00Z");
  return *ms;
}

}  // namespace treadle
