#include "app/pipeline_runs.h"

#include <algorithm>

#include "app/raw_rows.h"

namespace treadle::app {
namespace {

using automation::FiringState;

constexpr std::string_view kDeploy = "deploy-model";

FiringState state_of(pipelines::RunState state) {
  switch (state) {
    case pipelines::RunState::kSucceeded:
      return FiringState::kSucceeded;
    case pipelines::RunState::kFailed:
      return FiringState::kFailed;
    case pipelines::RunState::kCanceled:
      return FiringState::kCanceled;
    default:
      return FiringState::kRunning;
  }
}

Json output_hashes(const pipelines::Task& task) {
  Json hashes = Json::object();
  const auto artifacts = task.outputs.find("artifacts");
  if (artifacts == task.outputs.end()) return hashes;
  for (const auto& [name, artifact] : artifacts->items()) {
    if (artifact.is_object() && artifact.contains("sha256")) hashes[name] = artifact["sha256"];
  }
  return hashes;
}

}  // namespace

Status PipelineRuns::launch(const std::string& run_id, const automation::Action& action, const std::string& run_name) {
  pipelines::Submission submission;
  submission.id = run_id;
  submission.name = run_name;
  submission.experiment = action.experiment;
  submission.pipeline = action.pipeline;
  submission.parameters = action.parameters;
  return pipelines_.submit(submission).status();
}

StatusOr<automation::RunProgress> PipelineRuns::progress(const std::string& run_id) {
  ASSIGN_OR_RETURN(const pipelines::Run run, pipelines_.get_run(run_id));
  automation::RunProgress progress{state_of(run.state), run.error};
  if (run.state != pipelines::RunState::kSucceeded) return progress;
  ASSIGN_OR_RETURN(const std::vector<pipelines::Task> tasks, pipelines_.tasks(run_id));
  const auto deploys = [](const pipelines::Task& task) { return task.component.find(kDeploy) != std::string::npos; };
  const auto deploy = std::find_if(tasks.begin(), tasks.end(), deploys);
  if (deploy == tasks.end()) {
    progress.outcome = "";
  } else {
    progress.outcome = pipelines::succeeded(deploy->state) ? "promoted" : "refused";
  }
  return progress;
}

StatusOr<native::RunOrigins> PipelineOrigins::run(const std::string& run_id) {
  native::RunOrigins origins;
  if (run_id.empty()) return origins;
  const auto run = pipelines_.get_run(run_id);
  if (run.status().code() == StatusCode::kNotFound) return origins;
  RETURN_IF_ERROR(run);
  origins.pipeline_run = {{"id", run->id},
                          {"name", run->name},
                          {"pipeline", run->pipeline},
                          {"parameters", run->parameters},
                          {"code", nullptr}};
  if (!run->code.commit.empty()) {
    origins.pipeline_run["code"] = {{"commit", run->code.commit}, {"dirty", run->code.dirty}};
  }
  ASSIGN_OR_RETURN(const std::vector<pipelines::Task> tasks, pipelines_.tasks(run_id));
  for (const pipelines::Task& task : tasks) {
    origins.steps.push_back({{"name", task.name},
                             {"component", task.component},
                             {"state", pipelines::to_string(task.state)},
                             {"outputs", output_hashes(task)}});
  }
  return origins;
}

StatusOr<Json> PipelineOrigins::raw_rows(const monitoring::LoggedPrediction& prediction) {
  RawRows raw;
  auto tasks = pipelines_.tasks(prediction.run_id);
  if (tasks.ok()) {
    ASSIGN_OR_RETURN(raw, find_raw_rows(*tasks, prediction));
  } else if (tasks.status().code() != StatusCode::kNotFound) {
    return tasks.status();
  }
  return Json{{"raw_rows", std::move(raw.rows)}, {"raw_source", std::move(raw.source)}};
}

// The newest time before the prediction that its version was deployed.
StatusOr<Json> PipelineOrigins::deployment(const monitoring::LoggedPrediction& prediction) {
  Json out = {{"name", prediction.deployment}, {"since_ms", nullptr}, {"reason", nullptr}, {"run_id", nullptr}};
  const auto history = serving_.history(prediction.deployment);
  if (history.status().code() == StatusCode::kNotFound) return out;
  RETURN_IF_ERROR(history.status());
  std::int64_t newest = INT64_MIN;
  for (const serving::DeploymentChange& change : *history) {
    if (change.model != prediction.model || change.version != prediction.model_version) continue;
    if (change.from_ms > prediction.time_ms || change.from_ms < newest) continue;
    newest = change.from_ms;
    out["since_ms"] = change.from_ms;
    out["reason"] = change.reason;
    out["run_id"] = change.run_id;
  }
  return out;
}

}  // namespace treadle::app
