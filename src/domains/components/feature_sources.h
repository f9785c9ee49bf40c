// Which raw values a feature is made of: the way back that `treadle why` walks.
#pragma once

#include <string>
#include <vector>

#include "domains/components/feature_config.h"

namespace treadle::components {

// The value of `column`, `steps` rows before the row whose feature it is (0: of that row).
struct RawValue {
  std::string column;
  std::int64_t steps = 0;
};

struct FeatureSource {
  std::string feature;
  std::vector<RawValue> values;
};

// One entry per feature, in the model's order; features_test.cc checks them against the features themselves.
std::vector<FeatureSource> feature_sources(const FeatureConfig& config);

}  // namespace treadle::components
