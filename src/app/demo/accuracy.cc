#include <cmath>
#include <limits>

#include "app/demo/forecast.h"
#include "base/time.h"
#include "storage/table/table.h"

namespace treadle::app::demo {

double Series::at(std::int64_t time_ms) const {
  const std::int64_t slot = (time_ms - first_ms) / (kDayMs / kSlotsPerDay);
  const bool inside = time_ms >= first_ms && slot < static_cast<std::int64_t>(demand.size());
  return inside ? demand[static_cast<std::size_t>(slot)] : std::numeric_limits<double>::quiet_NaN();
}

StatusOr<Series> read_series(const std::filesystem::path& csv) {
  ASSIGN_OR_RETURN(const table::Table data, table::read_table(csv));
  ASSIGN_OR_RETURN(const table::Column* time, data.column("timestamp"));
  if (time->type != table::ColumnType::kTime || data.rows() == 0) {
    return invalid(csv.string(), ": the column timestamp must hold times");
  }
  ASSIGN_OR_RETURN(std::vector<double> demand, data.as_doubles("demand"));
  for (std::size_t i = 1; i < time->integers.size(); ++i) {
    if (time->integers[i] - time->integers[i - 1] == kDayMs / kSlotsPerDay) continue;
    return invalid(csv.string(), ": row ", i, " does not follow the one before by half an hour");
  }
  return Series{time->integers.front(), std::move(demand)};
}

// Every half hour from two weeks before the first day to the end of the last one.
Status check_series(const Series& series, const std::filesystem::path& csv, int days) {
  const std::int64_t end_ms = kFirstDayMs + days * kDayMs;
  for (std::int64_t time = kFirstDayMs - 14 * kDayMs; time < end_ms; time += kDayMs / kSlotsPerDay) {
    if (!std::isnan(series.at(time))) continue;
    return invalid_field("--csv", csv.string(), " has no demand for ", format_rfc3339(time),
                         "; the demonstration needs every half hour of 2014 up to its last day");
  }
  return ok_status();
}

void AccuracySum::add(double forecast, double truth) {
  const double error = forecast - truth;
  if (std::isnan(error)) return;
  absolute_ += std::abs(error);
  squared_ += error * error;
  relative_ += std::abs(error / truth);
  ++count_;
}

Accuracy AccuracySum::result() const {
  if (count_ == 0) return {};
  const double n = count_;
  return {absolute_ / n, std::sqrt(squared_ / n), 100 * relative_ / n, count_};
}

}  // namespace treadle::app::demo
