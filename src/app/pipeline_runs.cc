#include "app/pipeline_runs.h"

#include <algorithm>

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

StatusOr<native::RunOrigins> find_origins(pipelines::Service& pipelines,
                                          const monitoring::LoggedPrediction& prediction) {
  native::RunOrigins origins;
  if (prediction.run_id.empty()) return origins;
  const auto run = pipelines.get_run(prediction.run_id);
  if (run.status().code() == StatusCode::kNotFound) return origins;
  RETURN_IF_ERROR(run);
  origins.pipeline_run = {
      {"id", run->id}, {"name", run->name}, {"pipeline", run->pipeline}, {"parameters", run->parameters}};
  ASSIGN_OR_RETURN(const std::vector<pipelines::Task> tasks, pipelines.tasks(prediction.run_id));
  for (const pipelines::Task& task : tasks) {
    origins.steps.push_back({{"name", task.name},
                             {"component", task.component},
                             {"state", pipelines::to_string(task.state)},
                             {"outputs", output_hashes(task)}});
  }
  return origins;
}

}  // namespace treadle::app
