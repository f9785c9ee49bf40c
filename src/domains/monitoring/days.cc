#include "domains/monitoring/days.h"

#include <cmath>

#include "base/time.h"

namespace treadle::monitoring {

std::int64_t day_of(std::int64_t time_ms) {
  std::int64_t days = time_ms / kDayMs;
  if (time_ms % kDayMs < 0) --days;
  return days * kDayMs;
}

std::string day_text(std::int64_t day_ms) { return format_rfc3339(day_ms).substr(0, 10); }

std::optional<double> rolling_mae(const std::vector<DaySums>& days, std::int64_t last_day_ms, std::int64_t window) {
  double absolute = 0;
  std::int64_t count = 0, found = 0;
  for (const DaySums& day : days) {
    if (day.count == 0 || day.day_ms > last_day_ms || day.day_ms <= last_day_ms - window * kDayMs) continue;
    absolute += day.absolute;
    count += day.count;
    ++found;
  }
  if (found < window) return std::nullopt;
  return absolute / static_cast<double>(count);
}

std::vector<DayPerformance> performance_series(const std::vector<DaySums>& days) {
  std::vector<DayPerformance> series;
  for (const DaySums& day : days) {
    if (day.count == 0) continue;
    const auto n = static_cast<double>(day.count);
    DayPerformance point;
    point.day_ms = day.day_ms;
    point.mae = day.absolute / n;
    point.rmse = std::sqrt(day.squared / n);
    if (day.relative_count > 0) point.mape = 100 * day.relative / static_cast<double>(day.relative_count);
    point.rolling_mae = rolling_mae(days, day.day_ms, kRollingDays);
    if (day.naive_count == day.count) point.naive_day_mae = day.naive_absolute / n;
    point.count = day.count;
    point.model_version = day.model_version;
    series.push_back(point);
  }
  return series;
}

}  // namespace treadle::monitoring
