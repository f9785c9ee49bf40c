// Records as MLflow's REST API writes them.
#include <cmath>

#include "app/transfer/mlflow_api.h"
#include "base/strings.h"

namespace treadle::app::transfer {
namespace {

StatusOr<tracking::Tags> read_tags(const Json& form, std::string_view field) {
  tracking::Tags tags;
  ASSIGN_OR_RETURN(const Json* list, optional_array(form, field));
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    ASSIGN_OR_RETURN(std::string key, required_string((*list)[i], "key"));
    ASSIGN_OR_RETURN(std::string value, optional_string((*list)[i], "value"));
    tags.emplace_back(std::move(key), std::move(value));
  }
  return tags;
}

StatusOr<double> read_number(const Json& form, std::string_view field) {
  const auto it = form.find(field);
  if (it != form.end() && it->is_string()) {
    const auto value = parse_double(it->get_ref<const std::string&>());
    if (!value) return invalid_field(field, "is not a number");
    return *value;
  }
  return required_double(form, field);
}

const Json& part(const Json& form, std::string_view field) {
  static const Json kNothing = Json::object();
  const auto it = form.find(field);
  return it != form.end() && it->is_object() ? *it : kNothing;
}

Status read_inputs(const Json& form, tracking::Run& run) {
  const Json& inputs = part(form, "inputs");
  ASSIGN_OR_RETURN(const Json* datasets, optional_array(inputs, "dataset_inputs"));
  for (std::size_t i = 0; datasets != nullptr && i < datasets->size(); ++i) {
    const Json& dataset = part((*datasets)[i], "dataset");
    tracking::DatasetInput input;
    ASSIGN_OR_RETURN(input.name, optional_string(dataset, "name"));
    ASSIGN_OR_RETURN(input.digest, optional_string(dataset, "digest"));
    ASSIGN_OR_RETURN(input.source_type, optional_string(dataset, "source_type"));
    ASSIGN_OR_RETURN(input.source, optional_string(dataset, "source"));
    ASSIGN_OR_RETURN(input.schema, optional_string(dataset, "schema"));
    ASSIGN_OR_RETURN(input.profile, optional_string(dataset, "profile"));
    ASSIGN_OR_RETURN(input.tags, read_tags((*datasets)[i], "tags"));
    run.inputs.push_back(std::move(input));
  }
  const auto links = [](const Json& holder, std::string_view field, std::vector<tracking::ModelLink>& into) -> Status {
    ASSIGN_OR_RETURN(const Json* list, optional_array(holder, field));
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      tracking::ModelLink link;
      ASSIGN_OR_RETURN(link.model_id, required_string((*list)[i], "model_id"));
      ASSIGN_OR_RETURN(link.step, optional_int((*list)[i], "step", 0));
      into.push_back(std::move(link));
    }
    return ok_status();
  };
  RETURN_IF_ERROR(links(inputs, "model_inputs", run.model_inputs));
  return links(part(form, "outputs"), "model_outputs", run.model_outputs);
}

}  // namespace

Json number_form(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json pairs_form(const tracking::Tags& pairs) {
  Json list = Json::array();
  for (const auto& [key, value] : pairs) list.push_back({{"key", key}, {"value", value}});
  return list;
}

StatusOr<tracking::Experiment> experiment_from(const Json& form) {
  tracking::Experiment experiment;
  ASSIGN_OR_RETURN(experiment.id, required_string(form, "experiment_id"));
  ASSIGN_OR_RETURN(experiment.name, required_string(form, "name"));
  ASSIGN_OR_RETURN(const std::string stage, optional_string(form, "lifecycle_stage"));
  experiment.deleted = stage == "deleted";
  ASSIGN_OR_RETURN(experiment.created_ms, optional_int(form, "creation_time", 0));
  ASSIGN_OR_RETURN(experiment.updated_ms, optional_int(form, "last_update_time", experiment.created_ms));
  ASSIGN_OR_RETURN(experiment.tags, read_tags(form, "tags"));
  return experiment;
}

StatusOr<tracking::Metric> metric_from(const Json& form) {
  tracking::Metric metric;
  ASSIGN_OR_RETURN(metric.key, required_string(form, "key"));
  ASSIGN_OR_RETURN(metric.value, read_number(form, "value"));
  ASSIGN_OR_RETURN(metric.time_ms, optional_int(form, "timestamp", 0));
  ASSIGN_OR_RETURN(metric.step, optional_int(form, "step", 0));
  ASSIGN_OR_RETURN(metric.model_id, optional_string(form, "model_id"));
  ASSIGN_OR_RETURN(metric.dataset_name, optional_string(form, "dataset_name"));
  ASSIGN_OR_RETURN(metric.dataset_digest, optional_string(form, "dataset_digest"));
  return metric;
}

StatusOr<Run> run_from(const Json& form) {
  const Json& info = part(form, "info");
  const Json& data = part(form, "data");
  Run run;
  tracking::Run& record = run.record;
  ASSIGN_OR_RETURN(record.id, required_string(info, info.contains("run_id") ? "run_id" : "run_uuid"));
  ASSIGN_OR_RETURN(record.experiment_id, required_string(info, "experiment_id"));
  ASSIGN_OR_RETURN(record.name, optional_string(info, "run_name"));
  ASSIGN_OR_RETURN(record.user, optional_string(info, "user_id"));
  ASSIGN_OR_RETURN(const std::string status, optional_string(info, "status", "RUNNING"));
  record.status = tracking::parse_run_status(status).value_or(tracking::RunStatus::kRunning);
  ASSIGN_OR_RETURN(const std::string stage, optional_string(info, "lifecycle_stage"));
  record.deleted = stage == "deleted";
  ASSIGN_OR_RETURN(record.start_ms, optional_int(info, "start_time", 0));
  ASSIGN_OR_RETURN(const std::int64_t end, optional_int(info, "end_time", 0));
  if (end != 0) record.end_ms = end;
  ASSIGN_OR_RETURN(run.artifact_uri, optional_string(info, "artifact_uri"));
  ASSIGN_OR_RETURN(record.params, read_tags(data, "params"));
  ASSIGN_OR_RETURN(record.tags, read_tags(data, "tags"));
  for (const auto& [key, value] : record.tags) {
    if (key == "mlflow.runName" && record.name.empty()) record.name = value;
  }
  ASSIGN_OR_RETURN(const Json* metrics, optional_array(data, "metrics"));
  for (std::size_t i = 0; metrics != nullptr && i < metrics->size(); ++i) {
    ASSIGN_OR_RETURN(auto metric, metric_from((*metrics)[i]));
    record.metrics.push_back(std::move(metric));
  }
  RETURN_IF_ERROR(read_inputs(form, record));
  return run;
}

StatusOr<LoggedModel> logged_model_from(const Json& form) {
  const Json& info = part(form, "info");
  const Json& data = part(form, "data");
  LoggedModel model;
  tracking::LoggedModel& record = model.record;
  ASSIGN_OR_RETURN(record.id, required_string(info, "model_id"));
  ASSIGN_OR_RETURN(record.experiment_id, required_string(info, "experiment_id"));
  ASSIGN_OR_RETURN(record.name, optional_string(info, "name"));
  ASSIGN_OR_RETURN(record.type, optional_string(info, "model_type"));
  ASSIGN_OR_RETURN(record.run_id, optional_string(info, "source_run_id"));
  ASSIGN_OR_RETURN(model.artifact_uri, optional_string(info, "artifact_uri"));
  ASSIGN_OR_RETURN(record.created_ms, optional_int(info, "creation_timestamp_ms", 0));
  ASSIGN_OR_RETURN(record.updated_ms, optional_int(info, "last_updated_timestamp_ms", record.created_ms));
  const Json status = info.contains("status") ? info["status"] : Json();
  for (const auto known : {tracking::ModelStatus::kReady, tracking::ModelStatus::kUploadFailed}) {
    if (status == static_cast<int>(known) || status == str_cat("LOGGED_MODEL_", tracking::to_string(known)))
      record.status = known;
  }
  ASSIGN_OR_RETURN(record.tags, read_tags(info, "tags"));
  ASSIGN_OR_RETURN(record.params, read_tags(data, "params"));
  ASSIGN_OR_RETURN(const Json* metrics, optional_array(data, "metrics"));
  for (std::size_t i = 0; metrics != nullptr && i < metrics->size(); ++i) {
    tracking::ModelMetric one;
    ASSIGN_OR_RETURN(one.metric, metric_from((*metrics)[i]));
    ASSIGN_OR_RETURN(one.run_id, optional_string((*metrics)[i], "run_id"));
    record.metrics.push_back(std::move(one));
  }
  return model;
}

StatusOr<registry::Model> model_from(const Json& form) {
  registry::Model model;
  ASSIGN_OR_RETURN(model.name, required_string(form, "name"));
  ASSIGN_OR_RETURN(model.description, optional_string(form, "description"));
  ASSIGN_OR_RETURN(model.created_ms, optional_int(form, "creation_timestamp", 0));
  ASSIGN_OR_RETURN(model.updated_ms, optional_int(form, "last_updated_timestamp", model.created_ms));
  ASSIGN_OR_RETURN(model.tags, read_tags(form, "tags"));
  ASSIGN_OR_RETURN(const Json* aliases, optional_array(form, "aliases"));
  for (std::size_t i = 0; aliases != nullptr && i < aliases->size(); ++i) {
    registry::Alias alias;
    ASSIGN_OR_RETURN(alias.alias, required_string((*aliases)[i], "alias"));
    ASSIGN_OR_RETURN(alias.version, required_int((*aliases)[i], "version"));
    model.aliases.push_back(std::move(alias));
  }
  return model;
}

StatusOr<registry::Version> version_from(const Json& form) {
  registry::Version version;
  ASSIGN_OR_RETURN(version.model, required_string(form, "name"));
  ASSIGN_OR_RETURN(version.version, required_int(form, "version"));
  ASSIGN_OR_RETURN(version.run_id, optional_string(form, "run_id"));
  ASSIGN_OR_RETURN(version.source, optional_string(form, "source"));
  ASSIGN_OR_RETURN(version.description, optional_string(form, "description"));
  ASSIGN_OR_RETURN(version.stage, optional_string(form, "current_stage", "None"));
  ASSIGN_OR_RETURN(version.user, optional_string(form, "user_id"));
  ASSIGN_OR_RETURN(version.created_ms, optional_int(form, "creation_timestamp", 0));
  ASSIGN_OR_RETURN(version.updated_ms, optional_int(form, "last_updated_timestamp", version.created_ms));
  ASSIGN_OR_RETURN(version.tags, read_tags(form, "tags"));
  return version;
}

}  // namespace treadle::app::transfer
