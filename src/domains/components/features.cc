#include "domains/components/features.h"

#include <cmath>
#include <limits>

#include "base/time.h"

namespace treadle::components {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double calendar_value(const std::string& name, std::int64_t ms) {
  const CivilTime time = civil_time(ms);
  if (name == "half_hour") return time.hour * 2 + (time.minute >= 30 ? 1 : 0);
  if (name == "hour") return time.hour;
  if (name == "weekday") return time.weekday;
  if (name == "month") return time.month;
  return time.day_of_year;
}

// The mean of values[row - i * stride] for i = first … first + count - 1.
double mean_before(const std::vector<double>& values, std::int64_t row, std::int64_t first, std::int64_t count,
                   std::int64_t stride) {
  double sum = 0;
  for (std::int64_t i = first; i < first + count; ++i) {
    const std::int64_t at = row - i * stride;
    if (at < 0) return kNan;
    sum += values[static_cast<std::size_t>(at)];
  }
  return sum / static_cast<double>(count);
}

Status add_mean(table::Table& rows, std::string name, const std::vector<double>& values, std::int64_t first,
                std::int64_t count, std::int64_t stride) {
  std::vector<double> out(values.size());
  for (std::size_t row = 0; row < out.size(); ++row) {
    out[row] = mean_before(values, static_cast<std::int64_t>(row), first, count, stride);
  }
  return rows.add_doubles(std::move(name), std::move(out));
}

StatusOr<const table::Column*> time_column(const table::Table& rows, const FeatureConfig& config) {
  ASSIGN_OR_RETURN(const table::Column* const time, rows.column(config.time));
  if (time->type != table::ColumnType::kTime) return invalid("column '", config.time, "' must hold times");
  return time;
}

}  // namespace

Status check_steps(const table::Table& rows, const FeatureConfig& config) {
  ASSIGN_OR_RETURN(const table::Column* const time, time_column(rows, config));
  if (rows.rows() == 0) return invalid("there are no rows to make features of");
  for (std::size_t i = 0; i < time->integers.size(); ++i) {
    if (time->integers[i] == table::kMissing) return invalid("row ", i, ": '", config.time, "' is missing");
    if (i == 0 || time->integers[i] - time->integers[i - 1] == config.step_ms) continue;
    return invalid("row ", i, ": ", format_rfc3339(time->integers[i]), " does not follow ",
                   format_rfc3339(time->integers[i - 1]), " by one step of ", config.step_ms / kMinuteMs,
                   " minutes; lags need rows without gaps");
  }
  return {};
}

Status add_calendar(table::Table& rows, const FeatureConfig& config) {
  ASSIGN_OR_RETURN(const table::Column* const time, time_column(rows, config));
  const std::vector<std::int64_t> times = time->integers;
  for (const std::string& name : config.calendar) {
    std::vector<double> values;
    values.reserve(times.size());
    for (const std::int64_t ms : times) values.push_back(ms == table::kMissing ? kNan : calendar_value(name, ms));
    RETURN_IF_ERROR(rows.add_doubles(name, std::move(values)));
  }
  return {};
}

Status add_lags(table::Table& rows, const FeatureConfig& config) {
  RETURN_IF_ERROR(check_steps(rows, config));
  for (const std::string& name : config.inputs) RETURN_IF_ERROR(rows.as_doubles(name));
  for (const auto& [name, lags] : config.input_lags) {
    ASSIGN_OR_RETURN(const std::vector<double> values, rows.as_doubles(name));
    for (const std::int64_t lag : lags) {
      RETURN_IF_ERROR(add_mean(rows, str_cat(name, "_lag_", lag), values, lag, 1, 1));
    }
  }
  for (const auto& [name, windows] : config.input_means) {
    ASSIGN_OR_RETURN(const std::vector<double> values, rows.as_doubles(name));
    for (const std::int64_t window : windows) {
      RETURN_IF_ERROR(add_mean(rows, str_cat(name, "_mean_", window), values, 0, window, 1));
    }
  }
  ASSIGN_OR_RETURN(const std::vector<double> target, rows.as_doubles(config.target));
  for (const std::int64_t lag : config.lags) {
    RETURN_IF_ERROR(add_mean(rows, str_cat(config.target, "_lag_", lag), target, lag, 1, 1));
  }
  for (const auto& [lag, window] : config.target_means) {
    RETURN_IF_ERROR(add_mean(rows, str_cat(config.target, "_lag_", lag, "_mean_", window), target, lag, window, 1));
  }
  for (const std::int64_t days : config.same_slot_days) {
    RETURN_IF_ERROR(
        add_mean(rows, str_cat(config.target, "_same_slot_", days, "d"), target, 1, days, config.steps_per_day()));
  }
  return {};
}

StatusOr<std::vector<float>> feature_matrix(const table::Table& rows, const std::vector<std::string>& names) {
  std::vector<float> matrix(rows.rows() * names.size());
  for (std::size_t column = 0; column < names.size(); ++column) {
    ASSIGN_OR_RETURN(const std::vector<double> values, rows.as_doubles(names[column]));
    for (std::size_t row = 0; row < values.size(); ++row) {
      matrix[row * names.size() + column] = static_cast<float>(values[row]);
    }
  }
  return matrix;
}

}  // namespace treadle::components
