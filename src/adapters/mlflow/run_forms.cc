#include "adapters/mlflow/run_forms.h"

#include "domains/tracking/service.h"

namespace treadle::mlflow {

Json metric_form(const tracking::Metric& metric) {
  Json form = {
      {"key", metric.key}, {"value", number_form(metric.value)}, {"timestamp", metric.time_ms}, {"step", metric.step}};
  if (!metric.model_id.empty()) form["model_id"] = metric.model_id;
  if (!metric.dataset_name.empty()) form["dataset_name"] = metric.dataset_name;
  if (!metric.dataset_digest.empty()) form["dataset_digest"] = metric.dataset_digest;
  return form;
}

Json point_form(const std::string& key, const tracking::Point& point) {
  return {{"key", key}, {"value", number_form(point.value)}, {"timestamp", point.time_ms}, {"step", point.step}};
}

Json run_info(const tracking::Run& run) {
  Json info = {{"run_id", run.id},
               {"run_uuid", run.id},
               {"run_name", run.name},
               {"experiment_id", run.experiment_id},
               {"user_id", run.user},
               {"status", tracking::to_string(run.status)},
               {"start_time", run.start_ms},
               {"artifact_uri", tracking::Service::artifact_uri(run)},
               {"lifecycle_stage", run.deleted ? "deleted" : "active"}};
  if (run.end_ms) info["end_time"] = *run.end_ms;
  return info;
}

Json run_form(const tracking::Run& run) {
  Json data = Json::object();
  for (const auto& metric : run.metrics) data["metrics"].push_back(metric_form(metric));
  if (!run.params.empty()) data["params"] = tags_form(run.params);
  if (!run.tags.empty()) data["tags"] = tags_form(run.tags);
  Json inputs = Json::object();
  for (const auto& input : run.inputs) {
    Json dataset = {
        {"name", input.name}, {"digest", input.digest}, {"source_type", input.source_type}, {"source", input.source}};
    if (!input.schema.empty()) dataset["schema"] = input.schema;
    if (!input.profile.empty()) dataset["profile"] = input.profile;
    inputs["dataset_inputs"].push_back({{"dataset", dataset}, {"tags", tags_form(input.tags)}});
  }
  for (const auto& link : run.model_inputs) inputs["model_inputs"].push_back({{"model_id", link.model_id}});
  Json outputs = Json::object();
  for (const auto& link : run.model_outputs)
    outputs["model_outputs"].push_back({{"model_id", link.model_id}, {"step", link.step}});
  return {{"info", run_info(run)}, {"data", data}, {"inputs", inputs}, {"outputs", outputs}};
}

}  // namespace treadle::mlflow
