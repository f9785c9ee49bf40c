#include "domains/components/feature_sources.h"

namespace treadle::components {
namespace {

// `count` values, the first `first` steps back, each `stride` further.
std::vector<RawValue> window(const std::string& column, std::int64_t first, std::int64_t count, std::int64_t stride) {
  std::vector<RawValue> values;
  for (std::int64_t i = first; i < first + count; ++i) values.push_back({column, i * stride});
  return values;
}

}  // namespace

std::vector<FeatureSource> feature_sources(const FeatureConfig& config) {
  const std::vector<std::string> names = config.feature_names();
  std::vector<FeatureSource> sources;
  const auto add = [&](std::vector<RawValue> values) { sources.push_back({names[sources.size()], std::move(values)}); };
  // The order of FeatureConfig::feature_names().
  for (std::size_t i = 0; i < config.calendar.size(); ++i) add({{config.time, 0}});
  for (const std::string& name : config.inputs) add({{name, 0}});
  for (const auto& [name, lags] : config.input_lags) {
    for (const std::int64_t lag : lags) add({{name, lag}});
  }
  for (const auto& [name, windows] : config.input_means) {
    for (const std::int64_t count : windows) add(window(name, 0, count, 1));
  }
  for (const std::int64_t lag : config.lags) add({{config.target, lag}});
  for (const auto& [lag, count] : config.target_means) add(window(config.target, lag, count, 1));
  for (const std::int64_t days : config.same_slot_days) add(window(config.target, 1, days, config.steps_per_day()));
  return sources;
}

}  // namespace treadle::components
