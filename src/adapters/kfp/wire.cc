#include "adapters/kfp/wire.h"

#include "base/disk_full.h"
#include "base/time.h"

namespace treadle::kfp {
namespace {

int grpc_code(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 0;
    case StatusCode::kCancelled:
      return 1;
    case StatusCode::kInvalidArgument:
      return 3;
    case StatusCode::kDeadlineExceeded:
      return 4;
    case StatusCode::kNotFound:
      return 5;
    case StatusCode::kAlreadyExists:
      return 6;
    case StatusCode::kPermissionDenied:
      return 7;
    case StatusCode::kResourceExhausted:
      return 8;
    case StatusCode::kFailedPrecondition:
      return 9;
    case StatusCode::kAborted:
      return 10;
    case StatusCode::kUnimplemented:
      return 12;
    case StatusCode::kUnavailable:
      return 14;
    case StatusCode::kDataLoss:
      return 15;
    case StatusCode::kUnauthenticated:
      return 16;
    case StatusCode::kInternal:
      break;
  }
  return 13;
}

void put_time(Json& out, const char* key, std::int64_t ms) {
  if (ms > 0) out[key] = format_rfc3339(ms);
}

Json task_json(const pipelines::Run& run, const pipelines::Task& task) {
  Json out = {{"run_id", run.id},
              {"task_id", str_cat(run.id, "/", task.name)},
              {"display_name", task.display_name},
              {"state", to_string(task.state)}};
  put_time(out, "create_time", run.created_ms);
  put_time(out, "start_time", task.started_ms);
  put_time(out, "end_time", task.finished_ms);
  if (!task.parent.empty()) out["parent_task_id"] = str_cat(run.id, "/", task.parent);
  if (!task.error.empty()) out["error"] = {{"code", 13}, {"message", task.error}};
  // KFP leaves these empty. Artifacts are named as the native API names them; parameters are our addition.
  const Json artifacts = task.outputs.value("artifacts", Json::object());
  for (const auto& [name, artifact] : artifacts.items()) {
    out["outputs"][name]["artifact_ids"] = Json::array({str_cat(run.id, "/", task.name, "/", name)});
  }
  const Json parameters = task.outputs.value("parameters", Json::object());
  if (!parameters.empty()) out["output_parameters"] = parameters;
  return out;
}

}  // namespace

Json experiment_json(const tracking::Experiment& experiment) {
  Json out = {{"experiment_id", experiment.id},
              {"display_name", experiment.name},
              {"storage_state", experiment.deleted ? "ARCHIVED" : "AVAILABLE"}};
  put_time(out, "created_at", experiment.created_ms);
  put_time(out, "last_run_created_at", experiment.updated_ms);
  for (const auto& [key, value] : experiment.tags) {
    if (key == kExperimentNote) out["description"] = value;
  }
  return out;
}

Json pipeline_json(const pipelines::Pipeline& pipeline) {
  Json out = {{"pipeline_id", pipeline.id},
              {"name", pipeline.name},
              {"display_name", pipeline.display_name},
              {"description", pipeline.description}};
  put_time(out, "created_at", pipeline.created_ms);
  return out;
}

Json version_json(const pipelines::PipelineVersion& version) {
  Json out = {{"pipeline_id", version.pipeline_id},
              {"pipeline_version_id", version.id},
              {"name", version.name},
              {"display_name", version.name},
              {"description", version.description}};
  put_time(out, "created_at", version.created_ms);
  if (!version.spec.empty()) out["pipeline_spec"] = version.spec;
  return out;
}

Json run_json(const pipelines::Run& run, const std::vector<pipelines::Task>* tasks, const Json* spec) {
  Json out = {{"run_id", run.id},
              {"experiment_id", run.experiment_id},
              {"display_name", run.name},
              {"description", run.description},
              {"state", to_string(run.state)},
              {"storage_state", run.archived ? "ARCHIVED" : "AVAILABLE"},
              {"runtime_config", {{"parameters", run.parameters}}}};
  put_time(out, "created_at", run.created_ms);
  put_time(out, "scheduled_at", run.created_ms);
  put_time(out, "finished_at", run.finished_ms);
  if (!run.error.empty()) out["error"] = {{"code", 13}, {"message", run.error}};
  if (spec != nullptr) out["pipeline_spec"] = *spec;
  if (tasks == nullptr) return out;
  out["run_details"]["task_details"] = Json::array();
  for (const pipelines::Task& task : *tasks) out["run_details"]["task_details"].push_back(task_json(run, task));
  return out;
}

namespace {

// As grpc-gateway, which KFP is behind, maps codes.
int http_status(const Status& status) {
  if (is_disk_full(status)) return 507;
  return status.code() == StatusCode::kFailedPrecondition ? 400 : net::http_status(status.code());
}

}  // namespace

net::Response error(const Status& status) {
  return net::Response::json({{"error", status.message()},
                              {"code", grpc_code(status.code())},
                              {"message", status.message()},
                              {"details", Json::array()}},
                             http_status(status));
}

}  // namespace treadle::kfp
