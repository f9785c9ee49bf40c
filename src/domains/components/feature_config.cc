#include "domains/components/feature_config.h"

#include <algorithm>

#include "base/time.h"

namespace treadle::components {
namespace {

const std::vector<std::string> kCalendar = {"half_hour", "hour", "weekday", "month", "day_of_year"};
constexpr std::int64_t kMaxSteps = 1'000'000;

StatusOr<std::vector<std::int64_t>> read_steps(const Json& list, std::string_view field, std::int64_t least) {
  std::vector<std::int64_t> steps;
  for (const Json& item : list) {
    if (!item.is_number() || item.get<double>() != static_cast<double>(item.get<std::int64_t>())) {
      return invalid_field(field, "must hold whole numbers of steps");
    }
    const std::int64_t value = item.get<std::int64_t>();
    if (value < least || value > kMaxSteps) {
      return invalid_field(field, "must be between ", least, " and ", kMaxSteps, ", got ", value);
    }
    steps.push_back(value);
  }
  return steps;
}

StatusOr<std::vector<std::int64_t>> steps_field(const Json& json, std::string_view field, std::int64_t least) {
  ASSIGN_OR_RETURN(const Json* const list, optional_array(json, field));
  if (list == nullptr) return std::vector<std::int64_t>();
  return read_steps(*list, field, least);
}

StatusOr<std::vector<std::string>> names_field(const Json& json, std::string_view field) {
  std::vector<std::string> names;
  ASSIGN_OR_RETURN(const Json* const list, optional_array(json, field));
  if (list == nullptr) return names;
  for (const Json& item : *list) {
    if (!item.is_string() || item.get<std::string>().empty()) return invalid_field(field, "must hold names");
    names.push_back(item.get<std::string>());
  }
  return names;
}

StatusOr<std::map<std::string, std::vector<std::int64_t>>> input_field(const Json& json, std::string_view field,
                                                                       const FeatureConfig& config) {
  std::map<std::string, std::vector<std::int64_t>> out;
  ASSIGN_OR_RETURN(const Json* const object, optional_object(json, field));
  if (object == nullptr) return out;
  for (const auto& [name, steps] : object->items()) {
    if (std::find(config.inputs.begin(), config.inputs.end(), name) == config.inputs.end()) {
      return invalid_field(field, "'", name, "' is not one of `inputs`, so its values are not known ahead");
    }
    if (!steps.is_array()) return invalid_field(field, "'", name, "' must be a list of steps");
    ASSIGN_OR_RETURN(out[name], read_steps(steps, field, 1));
  }
  return out;
}

}  // namespace

StatusOr<FeatureConfig> FeatureConfig::read(const Json& json) {
  if (!json.is_object() || json.empty()) {
    return invalid_field("config", "must be an object {target, time, horizon, lags, calendar, inputs, …}");
  }
  FeatureConfig config;
  ASSIGN_OR_RETURN(config.target, required_string(json, "target"));
  ASSIGN_OR_RETURN(config.time, required_string(json, "time"));
  ASSIGN_OR_RETURN(const std::int64_t minutes, optional_int(json, "step_minutes", 30));
  if (minutes < 1 || minutes > 1440 || 1440 % minutes != 0) {
    return invalid_field("step_minutes", "must divide a day of 1440 minutes, got ", minutes);
  }
  config.step_ms = minutes * kMinuteMs;
  ASSIGN_OR_RETURN(config.horizon, required_int(json, "horizon"));
  if (config.horizon < 1 || config.horizon > kMaxSteps) return invalid_field("horizon", "must be at least 1 step");
  // A value nearer than the horizon is not known yet when the last step of the horizon is forecast.
  ASSIGN_OR_RETURN(config.lags, steps_field(json, "lags", config.horizon));
  ASSIGN_OR_RETURN(config.same_slot_days, steps_field(json, "same_slot_days", 1));
  if (!config.same_slot_days.empty() && config.steps_per_day() < config.horizon) {
    return invalid_field("same_slot_days", "needs a horizon of at most a day, yesterday is not known yet otherwise");
  }
  ASSIGN_OR_RETURN(const Json* const means, optional_array(json, "target_means"));
  for (const Json& mean : means == nullptr ? Json(Json::array()) : *means) {
    if (!mean.is_object()) return invalid_field("target_means", "must hold objects {lag, window}");
    ASSIGN_OR_RETURN(const std::int64_t lag, required_int(mean, "lag"));
    ASSIGN_OR_RETURN(const std::int64_t window, required_int(mean, "window"));
    if (lag < config.horizon || lag > kMaxSteps) {
      return invalid_field("target_means", "lag must be at least the horizon of ", config.horizon, ", got ", lag);
    }
    if (window < 1 || window > kMaxSteps) return invalid_field("target_means", "window must be at least 1");
    config.target_means.emplace_back(lag, window);
  }
  ASSIGN_OR_RETURN(config.calendar, names_field(json, "calendar"));
  for (const std::string& name : config.calendar) {
    if (std::find(kCalendar.begin(), kCalendar.end(), name) == kCalendar.end()) {
      return invalid_field("calendar", "'", name, "' is unknown; there are ", join(kCalendar, ", "));
    }
  }
  ASSIGN_OR_RETURN(config.inputs, names_field(json, "inputs"));
  if (std::find(config.inputs.begin(), config.inputs.end(), config.target) != config.inputs.end()) {
    return invalid_field("inputs", "the target '", config.target, "' is not known ahead");
  }
  ASSIGN_OR_RETURN(config.input_lags, input_field(json, "input_lags", config));
  ASSIGN_OR_RETURN(config.input_means, input_field(json, "input_means", config));
  if (config.feature_names().empty()) return invalid_field("config", "names no feature");
  return config;
}

std::int64_t FeatureConfig::steps_per_day() const { return kDayMs / step_ms; }

std::vector<std::string> FeatureConfig::feature_names() const {
  std::vector<std::string> names = calendar;
  names.insert(names.end(), inputs.begin(), inputs.end());
  for (const auto& [name, lags_of] : input_lags) {
    for (const std::int64_t lag : lags_of) names.push_back(str_cat(name, "_lag_", lag));
  }
  for (const auto& [name, windows] : input_means) {
    for (const std::int64_t window : windows) names.push_back(str_cat(name, "_mean_", window));
  }
  for (const std::int64_t lag : lags) names.push_back(str_cat(target, "_lag_", lag));
  for (const auto& [lag, window] : target_means) names.push_back(str_cat(target, "_lag_", lag, "_mean_", window));
  for (const std::int64_t days : same_slot_days) names.push_back(str_cat(target, "_same_slot_", days, "d"));
  return names;
}

std::int64_t FeatureConfig::look_back() const {
  std::int64_t most = 0;
  const auto raise = [&](std::int64_t steps) { most = std::max(most, steps); };
  for (const std::int64_t lag : lags) raise(lag);
  for (const auto& [lag, window] : target_means) raise(lag + window - 1);
  for (const std::int64_t days : same_slot_days) raise(days * steps_per_day());
  for (const auto& item : input_lags) std::for_each(item.second.begin(), item.second.end(), raise);
  for (const auto& item : input_means) std::for_each(item.second.begin(), item.second.end(), raise);
  return most;
}

}  // namespace treadle::components
