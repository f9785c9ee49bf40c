// Training through libxgboost 3.4.1, opened with dlopen when first needed ($TREADLE_XGBOOST, .deps/xgboost).
//
//   TrainOptions options{.params = {{"max_depth", "5"}, {"learning_rate", "0.05"}}, .rounds = 300};
//   ASSIGN_OR_RETURN(const Trained trained, train(rows, {{"valid", later_rows}}, options, on_round));
//   Forest::parse(trained.model)
//
// Deterministic for given data, options and thread count.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace treadle::xgboost {

// Row-major float32, NaN is missing. The spans must outlive the call.
struct Rows {
  std::span<const float> values;  // labels.size() x names.size()
  std::span<const float> labels;
  const std::vector<std::string>& names;
};

struct TrainOptions {
  std::map<std::string, std::string> params;  // XGBoost's own names; an unknown one is refused
  int rounds = 100;                           // 1 … 100,000
  int threads = 2;
};

struct Trained {
  std::string model;                                        // UBJSON, as model.ubj holds it
  std::vector<std::pair<std::string, double>> importances;  // gain per feature, falling
};

// After each round: the metric of each evaluation set, in XGBoost's own names ("valid-rmse"). Return an error to stop.
using OnRound = std::function<Status(int round, const std::vector<std::pair<std::string, double>>& metrics)>;

// Errors: kInvalidArgument (shape, label or parameter, named), kUnavailable (the library is missing or another
// version).
StatusOr<Trained> train(const Rows& rows, const std::vector<std::pair<std::string, Rows>>& evaluations,
                        const TrainOptions& options, const OnRound& on_round = {});

// libxgboost's own prediction: the oracle of the evaluator's tests.
StatusOr<std::vector<float>> library_predict(std::string_view model, std::span<const float> values,
                                             std::size_t columns);
// "3.4.1"
StatusOr<std::string> library_version();

}  // namespace treadle::xgboost
