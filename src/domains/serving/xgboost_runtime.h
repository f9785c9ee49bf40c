// Serves MLflow's xgboost flavour with our own evaluator.
#pragma once

#include "domains/serving/model.h"

namespace treadle::serving {

class XgboostRuntime final : public ModelRuntime {
 public:
  std::string_view flavour() const override { return "xgboost"; }
  // Boosters and XGBRegressor. Classifiers of the scikit-learn wrapper, which answer labels, are kUnimplemented.
  StatusOr<std::unique_ptr<Model>> load(const std::filesystem::path& folder, const MlModel& description) const override;
};

}  // namespace treadle::serving
