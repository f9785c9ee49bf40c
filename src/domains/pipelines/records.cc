#include "domains/pipelines/records.h"

#include "base/strings.h"
#include "domains/pipelines/spec.h"
#include "domains/pipelines/store.h"

namespace treadle::pipelines {
namespace {

// Content is known by its hash, so that the same data made twice is one node.
lineage::NodeKey artifact_key(const Json& artifact) {
  const std::string hash = artifact.value("sha256", "");
  const bool dataset = artifact.value("type", "") == "system.Dataset";
  return {dataset ? "dataset" : "artifact", hash.empty() ? artifact.value("uri", "") : "sha256:" + hash};
}

}  // namespace

events::Event Records::run_event(const char* type, const Run& run) const {
  return {0,
          0,
          type,
          "pipeline_run/" + run.id,
          {{"id", run.id},
           {"run_id", run.tracking_id()},
           {"name", run.name},
           {"pipeline", run.pipeline},
           {"experiment_id", run.experiment_id},
           {"state", to_string(run.state)},
           {"error", run.error}}};
}

Status Records::write_run(sql::Connection& tx, const Run& run) {
  RETURN_IF_ERROR(store::update_run(tx, run));
  RETURN_IF_ERROR(graph_.add_node(tx, {"pipeline_run",
                                       run.id,
                                       {{"name", run.name},
                                        {"pipeline", run.pipeline},
                                        {"state", to_string(run.state)},
                                        {"parameters", run.parameters}}}));
  if (!run.code.commit.empty()) {
    RETURN_IF_ERROR(graph_.add_node(tx, {"commit", run.code.commit}));
    RETURN_IF_ERROR(graph_.add_edge(tx, {{"commit", run.code.commit}, {"pipeline_run", run.id}, "input"}));
  }
  RETURN_IF_ERROR(graph_.add_node(tx, {"run", run.tracking_id(), {{"pipeline_run", run.id}}}));
  RETURN_IF_ERROR(graph_.add_edge(tx, {{"pipeline_run", run.id}, {"run", run.tracking_id()}, "output"}));
  return events_.append(tx, run_event(is_terminal(run.state) ? "pipeline_run.finished" : "pipeline_run.started", run));
}

Status Records::write_task(sql::Connection& tx, const Run& run, const Node& node) {
  const Task& task = node.task;
  RETURN_IF_ERROR(store::put_task(tx, run.id, node.position, task));
  if (task.state == TaskState::kPending) return ok_status();
  const bool finished = is_terminal(task.state);
  if (finished && node.kind == Node::Kind::kStep && succeeded(task.state)) {
    RETURN_IF_ERROR(write_lineage(tx, run, task));
    if (task.state == TaskState::kSucceeded && !node.cache_key.empty()) {
      RETURN_IF_ERROR(store::put_cached(tx, node.cache_key, {run.id, task.name, task.outputs}, clock_.now_ms()));
    }
  }
  return events_.append(tx, {0,
                             0,
                             finished ? "task.finished" : "task.started",
                             "pipeline_run/" + run.id,
                             {{"id", run.id},
                              {"run_id", run.tracking_id()},
                              {"task", task.name},
                              {"state", to_string(task.state)},
                              {"attempts", task.attempts},
                              {"error", task.error}}});
}

Status Records::write_lineage(sql::Connection& tx, const Run& run, const Task& task) {
  const lineage::NodeKey step = {"step", str_cat(run.id, "/", task.name)};
  RETURN_IF_ERROR(graph_.add_node(tx, {step.kind,
                                       step.id,
                                       {{"task", task.name},
                                        {"component", task.component},
                                        {"state", to_string(task.state)},
                                        {"parameters", task.inputs.value("parameters", Json::object())}}}));
  RETURN_IF_ERROR(graph_.add_edge(tx, {step, {"pipeline_run", run.id}, "step"}));
  for (const bool output : {false, true}) {
    const Json* artifacts = child(output ? task.outputs : task.inputs, "artifacts");
    if (artifacts == nullptr) continue;
    for (const auto& [name, value] : artifacts->items()) {
      for (const Json& artifact : value.is_array() ? value : Json::array({value})) {
        const lineage::NodeKey key = artifact_key(artifact);
        if (key.id.empty()) continue;
        Json attributes = {{"name", name}, {"type", artifact.value("type", "")}};
        if (output) attributes["uri"] = artifact.value("uri", "");
        RETURN_IF_ERROR(graph_.add_node(tx, {key.kind, key.id, attributes}));
        RETURN_IF_ERROR(
            graph_.add_edge(tx, output ? lineage::Edge{step, key, "output"} : lineage::Edge{key, step, "input"}));
      }
    }
  }
  return ok_status();
}

}  // namespace treadle::pipelines
