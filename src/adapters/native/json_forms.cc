#include "adapters/native/json_forms.h"

#include <cmath>

#include "domains/tracking/service.h"

namespace treadle::native {
namespace {

Json pairs_form(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json object = Json::object();
  for (const auto& [key, value] : pairs) object[key] = value;
  return object;
}

}  // namespace

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
          {"run_count", experiment.run_count},
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

}  // namespace treadle::native
