// The rows of the imported file that one prediction's features were made of.
#pragma once

#include <vector>

#include "domains/monitoring/types.h"
#include "domains/pipelines/types.h"

namespace treadle::app {

struct RawRows {
  // [{"line":…,"timestamp":…,"demand":…,"features":["demand_lag_48",…]}], ascending in time. A value that no feature of
  // this prediction uses is null. `line` is the row's line in the source file, null when it is not a plain CSV.
  Json rows = Json::array();
  // {"path","sha256","dataset","dataset_sha256"}: the file as it was read, and the copy of its rows that was used.
  // Null when the run imported nothing; `missing` says why there are no rows.
  Json source;
};

// From the tasks of the run that predicted: its import-data step and the feature configuration it was given.
StatusOr<RawRows> find_raw_rows(const std::vector<pipelines::Task>& tasks,
                                const monitoring::LoggedPrediction& prediction);

}  // namespace treadle::app
