#include "adapters/mlflow/run_forms.h"

#include <cmath>

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

namespace {

void write_pairs(JsonWriter& writer, std::string_view name, const tracking::Tags& pairs) {
  if (pairs.empty()) return;
  writer.key(name);
  writer.begin_array();
  for (const auto& [key, value] : pairs) {
    writer.begin_object();
    writer.field("key", std::string_view(key));
    writer.field("value", std::string_view(value));
    writer.end_object();
  }
  writer.end_array();
}

void write_info(JsonWriter& writer, const tracking::Run& run) {
  writer.begin_object();
  writer.field("run_id", std::string_view(run.id));
  writer.field("run_uuid", std::string_view(run.id));
  writer.field("run_name", std::string_view(run.name));
  writer.field("experiment_id", std::string_view(run.experiment_id));
  writer.field("user_id", std::string_view(run.user));
  writer.field("status", tracking::to_string(run.status));
  writer.field("start_time", run.start_ms);
  if (run.end_ms) writer.field("end_time", *run.end_ms);
  writer.field("artifact_uri", std::string_view(tracking::Service::artifact_uri(run)));
  writer.field("lifecycle_stage", std::string_view(run.deleted ? "deleted" : "active"));
  writer.end_object();
}

void write_data(JsonWriter& writer, const tracking::Run& run) {
  writer.begin_object();
  if (!run.metrics.empty()) {
    writer.key("metrics");
    writer.begin_array();
    for (const auto& metric : run.metrics) {
      writer.begin_object();
      writer.field("key", std::string_view(metric.key));
      if (std::isnan(metric.value))
        writer.field("value", std::string_view("NaN"));
      else
        writer.field("value", metric.value);
      writer.field("timestamp", metric.time_ms);
      writer.field("step", metric.step);
      writer.end_object();
    }
    writer.end_array();
  }
  write_pairs(writer, "params", run.params);
  write_pairs(writer, "tags", run.tags);
  writer.end_object();
}

void write_dataset(JsonWriter& writer, const tracking::DatasetInput& input) {
  writer.begin_object();
  writer.field("name", std::string_view(input.name));
  writer.field("digest", std::string_view(input.digest));
  writer.field("source_type", std::string_view(input.source_type));
  writer.field("source", std::string_view(input.source));
  if (!input.schema.empty()) writer.field("schema", std::string_view(input.schema));
  if (!input.profile.empty()) writer.field("profile", std::string_view(input.profile));
  writer.end_object();
}

void write_inputs(JsonWriter& writer, const tracking::Run& run) {
  writer.begin_object();
  if (!run.inputs.empty()) {
    writer.key("dataset_inputs");
    writer.begin_array();
    for (const auto& input : run.inputs) {
      writer.begin_object();
      writer.key("dataset");
      write_dataset(writer, input);
      write_pairs(writer, "tags", input.tags);
      writer.end_object();
    }
    writer.end_array();
  }
  if (!run.model_inputs.empty()) {
    writer.key("model_inputs");
    writer.begin_array();
    for (const auto& link : run.model_inputs) {
      writer.begin_object();
      writer.field("model_id", std::string_view(link.model_id));
      writer.end_object();
    }
    writer.end_array();
  }
  writer.end_object();
}

void write_outputs(JsonWriter& writer, const tracking::Run& run) {
  writer.begin_object();
  if (!run.model_outputs.empty()) {
    writer.key("model_outputs");
    writer.begin_array();
    for (const auto& link : run.model_outputs) {
      writer.begin_object();
      writer.field("model_id", std::string_view(link.model_id));
      writer.field("step", link.step);
      writer.end_object();
    }
    writer.end_array();
  }
  writer.end_object();
}

Json as_value(JsonWriter& writer) { return parse_json(writer.take()).value_or(Json::object()); }

}  // namespace

void write_run(JsonWriter& writer, const tracking::Run& run) {
  writer.begin_object();
  writer.key("info");
  write_info(writer, run);
  writer.key("data");
  write_data(writer, run);
  writer.key("inputs");
  write_inputs(writer, run);
  writer.key("outputs");
  write_outputs(writer, run);
  writer.end_object();
}

Json run_info(const tracking::Run& run) {
  JsonWriter writer;
  write_info(writer, run);
  return as_value(writer);
}

Json run_form(const tracking::Run& run) {
  JsonWriter writer;
  write_run(writer, run);
  return as_value(writer);
}

}  // namespace treadle::mlflow
