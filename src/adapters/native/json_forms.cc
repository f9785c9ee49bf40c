#include "adapters/native/json_forms.h"

#include <cmath>

#include "domains/tracking/service.h"

namespace treadle::native {

Json pairs_form(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json object = Json::object();
  for (const auto& [key, value] : pairs) object[key] = value;
  return object;
}

Json number_form(double value) { return std::isnan(value) ? Json("NaN") : Json(value); }

StatusOr<double> read_number(const Json& object, std::string_view field) {
  const auto it = object.find(field);
  if (it == object.end() || !it->is_string()) return required_double(object, field);
  const auto value = parse_double(it->get_ref<const std::string&>());
  if (!value) return invalid_field(field, "must be a number, got \"", it->get_ref<const std::string&>(), "\"");
  return *value;
}

Json to_json(const tracking::Experiment& experiment) {
  return {{"id", experiment.id},
          {"name", experiment.name},
          {"deleted", experiment.deleted},
          {"created_ms", experiment.created_ms},
          {"updated_ms", experiment.updated_ms},
          {"tags", pairs_form(experiment.tags)}};
}

Json to_json(const tracking::Run& run) {
  Json metrics = Json::object();
  for (const tracking::Metric& metric : run.metrics) metrics[metric.key] = number_form(metric.value);
  Json datasets = Json::array();
  for (const tracking::DatasetInput& input : run.inputs) {
    datasets.push_back({{"name", input.name},
                        {"digest", input.digest},
                        {"source_type", input.source_type},
                        {"source", input.source},
                        {"tags", pairs_form(input.tags)}});
  }
  return {{"id", run.id},
          {"name", run.name},
          {"experiment_id", run.experiment_id},
          {"status", tracking::to_string(run.status)},
          {"deleted", run.deleted},
          {"user", run.user},
          {"start_ms", run.start_ms},
          {"end_ms", run.end_ms ? Json(*run.end_ms) : Json()},
          {"params", pairs_form(run.params)},
          {"metrics", metrics},
          {"tags", pairs_form(run.tags)},
          {"datasets", datasets},
          {"artifact_uri", tracking::Service::artifact_uri(run)}};
}

Json to_json(const registry::Model& model) {
  Json aliases = Json::object();
  for (const registry::Alias& alias : model.aliases) aliases[alias.alias] = alias.version;
  return {{"name", model.name},
          {"description", model.description},
          {"latest_version", model.latest_version},
          {"versions_count", model.versions_count},
          {"aliases", aliases},
          {"tags", pairs_form(model.tags)},
          {"created_ms", model.created_ms},
          {"updated_ms", model.updated_ms}};
}

Json to_json(const registry::Version& version) {
  return {{"name", version.model},
          {"version", version.version},
          {"run_id", version.run_id},
          {"source", version.source},
          {"model_id", version.model_id},
          {"user", version.user},
          {"description", version.description},
          {"stage", version.stage},
          {"aliases", version.aliases},
          {"tags", pairs_form(version.tags)},
          {"status", "READY"},
          {"created_ms", version.created_ms},
          {"updated_ms", version.updated_ms}};
}

StatusOr<std::vector<std::pair<std::string, std::string>>> read_pairs(const Json& object, std::string_view field) {
  std::vector<std::pair<std::string, std::string>> pairs;
  ASSIGN_OR_RETURN(const Json* values, optional_object(object, field));
  if (values == nullptr) return pairs;
  for (const auto& [key, value] : values->items()) {
    if (value.is_object() || value.is_array())
      return invalid_field(str_cat(field, ".", key), "must be text, a number or a boolean");
    pairs.emplace_back(key, value.is_string() ? value.get<std::string>() : to_text(value));
  }
  return pairs;
}

StatusOr<tracking::Metric> read_metric(const Json& item, std::int64_t now_ms) {
  tracking::Metric metric;
  ASSIGN_OR_RETURN(metric.key, required_string(item, "key"));
  ASSIGN_OR_RETURN(metric.value, read_number(item, "value"));
  ASSIGN_OR_RETURN(metric.step, optional_int(item, "step", 0));
  ASSIGN_OR_RETURN(metric.time_ms, optional_int(item, "time_ms", now_ms));
  ASSIGN_OR_RETURN(metric.model_id, optional_string(item, "model_id"));
  ASSIGN_OR_RETURN(metric.dataset_name, optional_string(item, "dataset_name"));
  ASSIGN_OR_RETURN(metric.dataset_digest, optional_string(item, "dataset_digest"));
  return metric;
}

StatusOr<tracking::DatasetInput> read_dataset(const Json& item) {
  tracking::DatasetInput input;
  ASSIGN_OR_RETURN(input.name, required_string(item, "name"));
  ASSIGN_OR_RETURN(input.digest, required_string(item, "digest"));
  ASSIGN_OR_RETURN(input.source_type, optional_string(item, "source_type", "local"));
  ASSIGN_OR_RETURN(input.source, optional_string(item, "source"));
  ASSIGN_OR_RETURN(input.schema, optional_string(item, "schema"));
  ASSIGN_OR_RETURN(input.profile, optional_string(item, "profile"));
  ASSIGN_OR_RETURN(input.tags, read_pairs(item, "tags"));
  ASSIGN_OR_RETURN(const std::string context, optional_string(item, "context"));
  if (!context.empty()) input.tags.emplace_back("mlflow.data.context", context);
  return input;
}

}  // namespace treadle::native
