#include "domains/components/scores.h"

#include <cmath>

namespace treadle::components {

void Scores::put(Json& out, const std::string& prefix) const {
  out[prefix + "mae"] = mae;
  out[prefix + "rmse"] = rmse;
  out[prefix + "mse"] = mse;
  out[prefix + "mape"] = mape;
}

StatusOr<Scores> score(const std::vector<double>& truth, const std::vector<double>& forecast) {
  if (truth.size() != forecast.size()) return invalid(truth.size(), " truths, but ", forecast.size(), " forecasts");
  Scores scores;
  std::size_t relative = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (!std::isfinite(truth[i]) || !std::isfinite(forecast[i])) continue;
    const double error = forecast[i] - truth[i];
    scores.mae += std::abs(error);
    scores.mse += error * error;
    ++scores.count;
    if (truth[i] == 0) continue;
    scores.mape += std::abs(error / truth[i]);
    ++relative;
  }
  if (scores.count == 0) return invalid("there is no row with both a truth and a forecast");
  const auto count = static_cast<double>(scores.count);
  scores.mae /= count;
  scores.mse /= count;
  scores.rmse = std::sqrt(scores.mse);
  scores.mape = relative == 0 ? 0 : 100 * scores.mape / static_cast<double>(relative);
  return scores;
}

StatusOr<double> mase(double mae, const std::vector<double>& training_target, std::size_t season) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = season; i < training_target.size(); ++i) {
    const double step = std::abs(training_target[i] - training_target[i - season]);
    if (!std::isfinite(step)) continue;
    sum += step;
    ++count;
  }
  if (count == 0 || sum == 0) return invalid("MASE needs training rows over more than one season that change");
  return mae / (sum / static_cast<double>(count));
}

}  // namespace treadle::components
