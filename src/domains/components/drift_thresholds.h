// How far a column moves anyway: thresholds of drift, taken from the training data's own history.
//
// A fixed threshold calls every change of season drift. Here each week of the training data is compared with the weeks
// before it, as drift-report will compare the newest week with the model's reference; drifted is what goes further than
// nearly all of them (95 of 100), and never less than the method's own threshold.
#pragma once

#include "domains/components/feature_config.h"
#include "storage/table/table.h"

namespace treadle::components {

struct DriftWindows {
  std::int64_t reference_days = 28;
  std::int64_t current_days = 7;
};

// {"demand":0.49,…} for the target and the inputs. A column that too few weeks can be compared for, or that the method
// judges by a p-value, is left out: its default threshold holds.
Json drift_thresholds(const table::Table& rows, const FeatureConfig& config, const DriftWindows& windows);

}  // namespace treadle::components
