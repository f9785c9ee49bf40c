// How good a forecast is.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace treadle::components {

struct Scores {
  std::size_t count = 0;  // pairs where both numbers are known
  double mae = 0, rmse = 0, mse = 0;
  double mape = 0;  // percent of the truth; rows with truth 0 are left out
  // {"<prefix>mae": …, "<prefix>rmse": …, …}
  void put(Json& out, const std::string& prefix) const;
};

// Errors: kInvalidArgument when there is no pair.
StatusOr<Scores> score(const std::vector<double>& truth, const std::vector<double>& forecast);
// Mean absolute error divided by that of the seasonal-naive forecast inside the training data (`season` steps).
StatusOr<double> mase(double mae, const std::vector<double>& training_target, std::size_t season);

}  // namespace treadle::components
