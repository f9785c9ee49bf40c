// time-split: the last days are for testing, all before them for training; never shuffled.
#include <algorithm>

#include "base/time.h"
#include "domains/components/catalogue.h"

namespace treadle::components {
namespace {

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::int64_t days, step.integer("test_days", 28));
  if (days < 1 || days > 36'500) return invalid_field("test_days", "must be between 1 and 36500, got ", days);
  ASSIGN_OR_RETURN(const std::string time_name, step.text("time", "timestamp"));
  ASSIGN_OR_RETURN(const table::Table rows, step.read_table("dataset"));
  ASSIGN_OR_RETURN(const table::Column* const time, rows.column(time_name));
  if (time->type != table::ColumnType::kTime) return invalid_field("time", "column '", time_name, "' holds no times");
  if (rows.rows() == 0) return invalid_field("dataset", "has no rows");
  const auto missing = std::find(time->integers.begin(), time->integers.end(), table::kMissing);
  if (missing != time->integers.end()) {
    return invalid("row ", missing - time->integers.begin(), ": '", time_name, "' is missing");
  }
  // Whole days: the test begins at midnight.
  const std::int64_t last_midnight = time->integers.back() - (time->integers.back() % kDayMs + kDayMs) % kDayMs;
  const std::int64_t cut = last_midnight - (days - 1) * kDayMs;
  const auto at = std::lower_bound(time->integers.begin(), time->integers.end(), cut);
  const auto train_rows = static_cast<std::size_t>(at - time->integers.begin());
  if (train_rows == 0) {
    return invalid_field("test_days", days, " days leave no row for training; there are ", rows.rows(), " rows");
  }
  RETURN_IF_ERROR(step.write_table("train", rows.slice(0, train_rows)));
  RETURN_IF_ERROR(step.write_table("test", rows.slice(train_rows, rows.rows() - train_rows)));
  ASSIGN_OR_RETURN(const std::string name, step.text("name", ""));
  const std::string prefix = name.empty() ? "" : name + "_";
  return server.log({{"params", {{prefix + "test_days", days}, {prefix + "test_start", format_rfc3339(cut)}}},
                     {"metrics",
                      {{{"key", prefix + "train_rows"}, {"value", train_rows}},
                       {{"key", prefix + "test_rows"}, {"value", rows.rows() - train_rows}}}}});
}

}  // namespace

Component time_split() {
  return {
      .name = "time-split",
      .description = "Split rows by time: the last days for testing, all before for training",
      .inputs = {{"dataset", "system.Dataset", "rows ascending in time"},
                 {"test_days", "INTEGER", "days for testing (28)", false},
                 {"time", "STRING", "the time column (timestamp)", false},
                 {"name", "STRING", "begins the names of what is logged, where a run splits more than once", false}},
      .outputs = {{"train", "system.Dataset", "rows before the cut"}, {"test", "system.Dataset", "rows from it on"}},
      .run = run};
}

}  // namespace treadle::components
