// Which features a model sees: recorded with the model, so that training and inference cannot differ.
//
//   {"target":"demand","time":"timestamp","step_minutes":30,"horizon":48,"lags":[48,96,336],
//    "target_means":[{"lag":48,"window":48}],"same_slot_days":[7],"calendar":["half_hour","weekday"],
//    "inputs":["temperature","workday"],"input_lags":{"temperature":[2,48]},"input_means":{"temperature":[48]}}
//
// `inputs` are known ahead (calendar facts, the weather of the target day); everything of the target is taken at least
// `horizon` steps before, which read() enforces: a shorter lag is refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace treadle::components {

struct FeatureConfig {
  std::string target;
  std::string time;
  std::int64_t step_ms = 0;
  std::int64_t horizon = 0;                                         // steps
  std::vector<std::int64_t> lags;                                   // of the target, steps
  std::vector<std::pair<std::int64_t, std::int64_t>> target_means;  // (lag, window): mean of the window ending at lag
  std::vector<std::int64_t> same_slot_days;                         // n: mean at this time of day over the last n days
  std::vector<std::string> calendar;                                // half_hour, hour, weekday, month, day_of_year
  std::vector<std::string> inputs;
  std::map<std::string, std::vector<std::int64_t>> input_lags;
  std::map<std::string, std::vector<std::int64_t>> input_means;

  static StatusOr<FeatureConfig> read(const Json& json);
  std::int64_t steps_per_day() const;
  // The features in the model's order.
  std::vector<std::string> feature_names() const;
  // The oldest row, in steps before a row, that its features look at.
  std::int64_t look_back() const;
};

}  // namespace treadle::components
