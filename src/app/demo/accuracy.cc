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
  return Series{time->integers.front(), std::move(demand)};
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
