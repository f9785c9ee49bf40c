#include "domains/pipelines/run_graph.h"

#include <algorithm>

#include "base/strings.h"
#include "domains/pipelines/cel.h"
#include "domains/pipelines/inputs.h"
#include "domains/pipelines/spec.h"

namespace treadle::pipelines {
namespace {

// "1.5s", as protobuf writes durations.
double seconds(const Json& object, const char* key, double fallback) {
  const Json* value = child(object, key);
  if (value == nullptr || !value->is_string()) return fallback;
  std::string_view text = value->get_ref<const std::string&>();
  if (text.ends_with('s')) text.remove_suffix(1);
  return std::clamp(parse_double(text).value_or(fallback), 0.0, 3600.0);
}

}  // namespace

RunGraph::RunGraph(Run run_record, Json spec, std::optional<bool> caching)
    : run(std::move(run_record)), spec_(std::move(spec)), caching_(caching) {
  root_.kind = Node::Kind::kDag;
  root_.component = &spec_["root"];
  root_.task.state = TaskState::kRunning;
  root_.task.inputs = {{"parameters", run.parameters}, {"artifacts", Json::object()}};
  add_children(root_);
}

Node& RunGraph::add_node(Node& parent, const std::string& name, const Json& spec, const Json& component) {
  auto node = std::make_unique<Node>();
  node->short_name = name;
  node->spec = &spec;
  node->component = &component;
  node->parent = &parent;
  node->position = nodes_.size();
  node->kind = child(component, "dag") != nullptr ? Node::Kind::kDag : Node::Kind::kStep;
  node->dirty = true;
  Task& task = node->task;
  task.parent = parent.task.name;
  task.name = task.parent.empty() ? name : str_cat(task.parent, ".", name);
  task.component = spec["componentRef"].value("name", "");
  task.display_name = name;
  if (const Json* info = child(spec, "taskInfo")) task.display_name = info->value("name", name);
  nodes_.push_back(node.get());
  parent.children.push_back(std::move(node));
  return *parent.children.back();
}

void RunGraph::add_children(Node& dag) {
  for (const auto& [name, spec] : (*dag.component)["dag"]["tasks"].items()) {
    Node& node = add_node(dag, name, spec, *component_of(spec_, spec));
    for (const std::string& other : dependencies(spec)) {
      node.task.depends_on.push_back(dag.task.name.empty() ? other : str_cat(dag.task.name, ".", other));
    }
    if (child(spec, "parameterIterator") != nullptr) {
      node.kind = Node::Kind::kLoop;
    } else if (node.kind == Node::Kind::kDag) {
      add_children(node);
    }
  }
}

void RunGraph::add_iterations(Node& loop, const Json& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    Node& node = add_node(loop, std::to_string(i), *loop.spec, *loop.component);
    node.task.display_name = str_cat(loop.task.display_name, " ", i);
    node.item = items[i];
    if (node.kind == Node::Kind::kDag) add_children(node);
  }
}

std::vector<Node*> RunGraph::restore(const std::vector<Task>& rows) {
  std::vector<Node*> interrupted;
  // Rows come in the order nodes were made, so a loop comes before its iterations; nodes_ grows while we go.
  for (const Task& row : rows) {
    const auto found = std::find_if(nodes_.begin(), nodes_.end(), [&](Node* n) { return n->task.name == row.name; });
    if (found == nodes_.end()) continue;
    Node& node = **found;
    node.task = row;
    node.dirty = false;
    if (node.kind == Node::Kind::kLoop && row.state != TaskState::kPending && row.state != TaskState::kSkipped) {
      const auto items = iterator_items(*node.spec, row.inputs);
      if (items.ok()) add_iterations(node, *items);
    }
    if (node.kind != Node::Kind::kStep || row.state != TaskState::kRunning) continue;
    node.task.state = TaskState::kPending;
    node.task.started_ms = 0;
    node.dirty = true;
    interrupted.push_back(&node);
  }
  return interrupted;
}

const Task* RunGraph::sibling(const Node& node, const std::string& name) const {
  for (const auto& other : node.parent->children) {
    if (other->short_name == name) return &other->task;
  }
  return nullptr;
}

void RunGraph::advance(std::int64_t now_ms) {
  if (is_terminal(run.state)) return;
  if (run.state == RunState::kPending) {
    run.state = RunState::kRunning;
    run.started_ms = now_ms;
    run_dirty = true;
  }
  if (run.cancel_requested) cancel_pending(now_ms);
  do {
    moved_ = false;
    visit(root_, now_ms);
  } while (moved_);
  const auto done = [](const auto& node) { return is_terminal(node->task.state); };
  if (std::all_of(root_.children.begin(), root_.children.end(), done)) finish_run(now_ms);
}

void RunGraph::visit(Node& dag, std::int64_t now_ms) {
  for (const auto& node : dag.children) {
    if (node->task.state == TaskState::kPending && !node->ready) try_start(*node, now_ms);
    if (node->task.state != TaskState::kRunning || node->kind == Node::Kind::kStep) continue;
    visit(*node, now_ms);
    const auto done = [](const auto& inner) { return is_terminal(inner->task.state); };
    if (std::all_of(node->children.begin(), node->children.end(), done)) close(*node, now_ms);
  }
}

void RunGraph::try_start(Node& node, std::int64_t now_ms) {
  if (node.item) {
    const std::int64_t limit = (*node.spec)["parameterIterator"].value("parallelismLimit", 0);
    const Json* outer = child(*node.spec, "iteratorPolicy");
    const std::int64_t bound = outer == nullptr ? limit : outer->value("parallelismLimit", limit);
    const auto busy = [](const auto& other) {
      return other->ready || (other->task.state == TaskState::kRunning && !is_terminal(other->task.state));
    };
    const auto& all = node.parent->children;
    if (bound > 0 && std::count_if(all.begin(), all.end(), busy) >= bound) return;
  } else {
    const bool after_failures = runs_after_failures(*node.spec);
    for (const std::string& name : dependencies(*node.spec)) {
      const Task* before = sibling(node, name);
      if (before == nullptr || !is_terminal(before->state)) return;
    }
    for (const std::string& name : dependencies(*node.spec)) {
      const TaskState state = sibling(node, name)->state;
      if (succeeded(state) || after_failures) continue;
      const std::string_view why = state == TaskState::kSkipped ? "was skipped" : "did not succeed";
      return end(node, TaskState::kSkipped, str_cat("the task ", name, " before it ", why), now_ms);
    }
  }
  const Status status = start(node, now_ms);
  if (!status.ok()) end(node, TaskState::kFailed, status.message(), now_ms);
}

Status RunGraph::start(Node& node, std::int64_t now_ms) {
  const auto find = [&](const std::string& name) { return sibling(node, name); };
  if (node.item) {
    node.task.inputs = node.parent->task.inputs;
    const std::string name = (*node.spec)["parameterIterator"].value("itemInput", "");
    node.task.inputs["parameters"][name] = *node.item;
  } else {
    ASSIGN_OR_RETURN(node.task.inputs, resolve_inputs(*node.spec, *node.component, node.parent->task.inputs, find));
    const Json* trigger = child(*node.spec, "triggerPolicy");
    const std::string condition = trigger == nullptr ? "" : trigger->value("condition", "");
    if (!condition.empty()) {
      ASSIGN_OR_RETURN(const bool holds, evaluate_condition(condition, node.task.inputs["parameters"]));
      if (!holds) {
        end(node, TaskState::kSkipped, "its condition is false", now_ms);
        return ok_status();
      }
    }
  }
  moved_ = true;
  node.dirty = true;
  if (node.kind == Node::Kind::kStep) {
    node.ready = true;
    return ok_status();
  }
  if (node.kind == Node::Kind::kLoop) {
    ASSIGN_OR_RETURN(const Json items, iterator_items(*node.spec, node.task.inputs));
    add_iterations(node, items);
  }
  node.task.state = TaskState::kRunning;
  node.task.started_ms = now_ms;
  return ok_status();
}

void RunGraph::close(Node& dag, std::int64_t now_ms) {
  TaskState state = TaskState::kSucceeded;
  std::string error;
  std::vector<const Task*> tasks;
  for (const auto& node : dag.children) {
    tasks.push_back(&node->task);
    if (node->task.state == TaskState::kFailed && state != TaskState::kFailed) {
      state = TaskState::kFailed;
      error = str_cat(node->short_name, ": ", node->task.error);
    }
    if (node->task.state == TaskState::kCanceled && state != TaskState::kFailed) state = TaskState::kCanceled;
  }
  if (dag.kind == Node::Kind::kLoop) {
    dag.task.outputs = collect_outputs(*dag.component, tasks);
  } else {
    const auto find = [&](const std::string& name) -> const Task* {
      for (const auto& node : dag.children) {
        if (node->short_name == name) return &node->task;
      }
      return nullptr;
    };
    dag.task.outputs = dag_outputs(*dag.component, find);
  }
  end(dag, state, error, now_ms);
}

void RunGraph::end(Node& node, TaskState state, std::string error, std::int64_t now_ms) {
  node.task.state = state;
  node.task.error = std::move(error);
  node.task.finished_ms = now_ms;
  node.ready = false;
  node.dirty = true;
  moved_ = true;
  for (const auto& inner : node.children) {
    if (!is_terminal(inner->task.state)) end(*inner, TaskState::kSkipped, "the group around it did not run", now_ms);
  }
}

void RunGraph::cancel_pending(std::int64_t now_ms) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->task.state == TaskState::kPending) end(*nodes_[i], TaskState::kCanceled, "canceled", now_ms);
  }
}

void RunGraph::finish_run(std::int64_t now_ms) {
  run.state = run.cancel_requested ? RunState::kCanceled : RunState::kSucceeded;
  for (const auto& node : root_.children) {
    if (node->task.state != TaskState::kFailed || run.cancel_requested) continue;
    run.state = RunState::kFailed;
    run.error = str_cat("task ", node->task.name, ": ", node->task.error);
    break;
  }
  run.finished_ms = now_ms;
  run_dirty = true;
}

std::vector<Node*> RunGraph::take_dirty() {
  std::vector<Node*> out;
  for (Node* node : nodes_) {
    if (node->dirty) out.push_back(node);
    node->dirty = false;
  }
  return out;
}

std::vector<Node*> RunGraph::ready_steps(std::int64_t now_ns, std::int64_t& next_ns) {
  std::vector<Node*> out;
  for (Node* node : nodes_) {
    if (!node->ready || node->task.state != TaskState::kPending) continue;
    if (node->not_before_ns <= now_ns) {
      out.push_back(node);
    } else {
      next_ns = std::min(next_ns, node->not_before_ns);
    }
  }
  return out;
}

void RunGraph::start_step(Node& node, std::int64_t now_ms) {
  node.task.state = TaskState::kRunning;
  node.task.started_ms = now_ms;
  node.task.error.clear();
  ++node.task.attempts;
  node.dirty = true;
}

void RunGraph::finish_step(Node& node, Result result, std::int64_t now_ms, std::int64_t now_ns) {
  node.task.inputs = std::move(result.inputs);
  if (result.state == TaskState::kFailed && !run.cancel_requested) {
    const Json* policy = child(*node.spec, "retryPolicy");
    const std::int64_t retries = policy == nullptr ? 0 : policy->value("maxRetryCount", 0);
    if (node.failures < std::min<std::int64_t>(retries, 100)) {
      double wait = seconds(*policy, "backoffDuration", 0);
      const double factor = std::clamp(policy->value("backoffFactor", 2.0), 1.0, 100.0);
      for (int i = 0; i < node.failures; ++i) wait = std::min(wait * factor, 3600.0);
      wait = std::min(wait, seconds(*policy, "backoffMaxDuration", 3600));
      ++node.failures;
      node.not_before_ns = now_ns + static_cast<std::int64_t>(wait * 1e9);
      node.task.state = TaskState::kPending;
      node.task.error = std::move(result.error);
      node.dirty = true;
      return;
    }
  }
  node.task.outputs = std::move(result.outputs);
  node.cache_key = std::move(result.cache_key);
  end(node, result.state, std::move(result.error), now_ms);
}

bool RunGraph::use_cache(const Node& node) const {
  if (caching_) return *caching_;
  const Json* options = child(*node.spec, "cachingOptions");
  return options != nullptr && options->value("enableCache", false);
}

}  // namespace treadle::pipelines
