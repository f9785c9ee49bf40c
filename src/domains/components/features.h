// The feature functions, the same for training and inference: each adds columns to rows that are one step apart.
#pragma once

#include "domains/components/feature_config.h"
#include "storage/table/table.h"

namespace treadle::components {

// Rows must ascend by exactly one step; the error names the first row that does not.
Status check_steps(const table::Table& rows, const FeatureConfig& config);
// half_hour, hour, weekday (0 = Monday), month, day_of_year from the time column.
Status add_calendar(table::Table& rows, const FeatureConfig& config);
// Lags and means of the target and of the inputs. Where the past is not in the table, or a value of a window is
// missing, the feature is missing.
Status add_lags(table::Table& rows, const FeatureConfig& config);
// Row-major float32 in the order of `names`.
StatusOr<std::vector<float>> feature_matrix(const table::Table& rows, const std::vector<std::string>& names);

}  // namespace treadle::components
