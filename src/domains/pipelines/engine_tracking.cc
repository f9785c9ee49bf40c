// The engine's side of "one record seen twice": the tracking run of a pipeline run.
#include <unistd.h>

#include <array>

#include "base/actor.h"
#include "base/hash.h"
#include "base/log.h"
#include "domains/pipelines/engine.h"
#include "domains/pipelines/parameters.h"
#include "domains/pipelines/spec.h"

namespace treadle::pipelines {

Status Engine::begin_tracking(const Run& run) {
  tracking::NewRun record;
  record.id = run.tracking_id();
  record.experiment_id = run.experiment_id;
  record.name = run.name;
  record.start_ms = run.created_ms;
  record.tags = {{"treadle.pipeline", run.pipeline},
                 {"treadle.pipeline_run_id", run.id},
                 {"mlflow.source.type", "PROJECT"},
                 {"mlflow.source.name", run.pipeline}};
  // The server's own, which runs the steps; a later start by another build takes up what this one began.
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) record.tags.emplace_back("treadle.host", host.data());
  if (!options_.binary_version.empty()) record.tags.emplace_back("treadle.server_build", options_.binary_version);
  record.user = current_actor().user;
  if (!run.code.commit.empty()) {
    record.tags.emplace_back("mlflow.source.git.commit", run.code.commit);
    record.tags.emplace_back("mlflow.source.git.dirty", run.code.dirty ? "true" : "false");
  }
  RETURN_IF_ERROR(tracking_.create_run(record));
  tracking::Batch batch;
  for (const auto& [name, value] : run.parameters.items()) {
    std::string text = parameter_text(value);
    if (text.size() > tracking::Limits::kParamValue || name.size() > tracking::Limits::kKey) continue;
    batch.params.emplace_back(name, std::move(text));
    if (batch.params.size() == tracking::Limits::kBatchParams) break;
  }
  return batch.params.empty() ? ok_status() : tracking_.log_batch(record.id, batch);
}

void Engine::finish_tracking(const Run& run) {
  tracking::RunUpdate update;
  update.end_ms = run.finished_ms;
  update.status = run.state == RunState::kSucceeded ? tracking::RunStatus::kFinished
                  : run.state == RunState::kFailed  ? tracking::RunStatus::kFailed
                                                    : tracking::RunStatus::kKilled;
  const auto updated = tracking_.update_run(run.tracking_id(), update);
  if (!updated.ok())
    log_warning("the tracking run was not ended", {{"id", run.id}, {"error", updated.status().message()}});
}

// Numbers in the metadata of system.Metrics artifacts are the run's metrics. Native steps log theirs themselves while
// they run, so only their cached results need it here.
void Engine::log_metrics(const Run& run, const Node& node) {
  if (!succeeded(node.task.state)) return;
  const Json* artifacts = child(node.task.outputs, "artifacts");
  if (artifacts == nullptr) return;
  const Json* executor =
      node.kind == Node::Kind::kStep ? executor_of(active_.at(run.id).graph->spec(), *node.component) : nullptr;
  const Json* container = executor == nullptr ? nullptr : child(*executor, "container");
  const bool native = container != nullptr && (*container)["command"][0] == "treadle";
  if (native && node.task.state != TaskState::kCached) return;
  tracking::Batch batch;
  for (const Json& artifact : *artifacts) {
    if (!artifact.is_object() || artifact.value("type", "") != "system.Metrics") continue;
    const Json* metadata = child(artifact, "metadata");
    if (metadata == nullptr) continue;
    for (const auto& [name, value] : metadata->items()) {
      if (!value.is_number() || batch.metrics.size() >= tracking::Limits::kBatchMetrics) continue;
      batch.metrics.push_back({name, value.get<double>(), clock_.now_ms(), 0});
    }
  }
  if (batch.metrics.empty()) return;
  const Status logged = tracking_.log_batch(run.tracking_id(), batch);
  if (!logged.ok()) log_warning("metrics were not logged", {{"id", run.id}, {"error", logged.message()}});
}

void Engine::log_packages(const Run& run, const Node& node, const std::vector<std::string>& packages) {
  if (packages.empty()) return;
  const std::string key = str_cat("treadle.environment.", node.task.name);
  std::string text = join(packages, " ");
  // So many that they are only told apart.
  if (text.size() > tracking::Limits::kTagValue) text = str_cat("sha256:", sha256_hex(text));
  if (key.size() > tracking::Limits::kKey) return;
  const Status logged = tracking_.log_batch(run.tracking_id(), {.tags = {{key, std::move(text)}}});
  if (!logged.ok()) log_warning("packages were not logged", {{"id", run.id}, {"error", logged.message()}});
}

}  // namespace treadle::pipelines
