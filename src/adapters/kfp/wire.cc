#include "adapters/kfp/wire.h"

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
  return out;
}

}  // namespace

Json experiment_json(const tracking::Experiment& experiment) {
  Json out = {{"experiment_id", experiment.id},
              {"display_name", experiment.name},
              {"storage_state", experiment.deleted ? "ARCHIVED" : "AVAILABLE"}};
  put_time(out, "created_at", experiment.created_ms);
  put_time(out, "last_run_created_at", experiment.updated_ms);
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

net::Response error(const Status& status) {
  return net::Response::json({{"error", status.message()},
                              {"code", grpc_code(status.code())},
                              {"message", status.message()},
                              {"details", Json::array()}},
                             net::http_status(status.code()));
}

}  // namespace treadle::kfp
