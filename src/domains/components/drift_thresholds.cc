#include "domains/components/drift_thresholds.h"

#include <algorithm>
#include <span>

#include "domains/monitoring/drift/drift.h"

namespace treadle::components {
namespace {

constexpr std::size_t kFewestWeeks = 30;
constexpr double kQuantile = 0.95;

bool is_distance(const std::string& method) {
  return method == "wasserstein" || method == "jensenshannon" || method == "psi";
}

// The scores of each window of `now` rows against the `before` rows that precede it, one day apart; empty when they are
// p-values.
std::vector<double> history_of(std::span<const double> values, std::size_t before, std::size_t now, std::size_t step,
                               double* least) {
  std::vector<double> scores;
  for (std::size_t end = before + now; end <= values.size(); end += step) {
    const auto drift = monitoring::compare(values.subspan(end - now - before, before), values.subspan(end - now, now));
    if (!drift.ok()) continue;  // a stretch of missing values says nothing
    if (!is_distance(drift->method)) return {};
    *least = drift->threshold;
    scores.push_back(drift->score);
  }
  return scores;
}

}  // namespace

Json drift_thresholds(const table::Table& rows, const FeatureConfig& config, const DriftWindows& windows) {
  Json thresholds = Json::object();
  std::vector<std::string> names = config.inputs;
  names.push_back(config.target);
  const auto day = static_cast<std::size_t>(config.steps_per_day());
  for (const std::string& name : names) {
    const auto values = rows.as_doubles(name);
    if (!values.ok()) continue;
    double least = 0;
    std::vector<double> scores = history_of(*values, static_cast<std::size_t>(windows.reference_days) * day,
                                            static_cast<std::size_t>(windows.current_days) * day, day, &least);
    if (scores.size() < kFewestWeeks) continue;
    std::sort(scores.begin(), scores.end());
    const auto at = static_cast<std::size_t>(kQuantile * static_cast<double>(scores.size() - 1));
    thresholds[name] = std::max(least, scores[at]);
  }
  return thresholds;
}

}  // namespace treadle::components
