#include "domains/pipelines/spec.h"

#include <algorithm>
#include <set>

#include "domains/pipelines/cel.h"

namespace treadle::pipelines {
namespace {

constexpr int kMaxNesting = 32;
constexpr std::size_t kMaxTasks = 5000;

class Checker {
 public:
  explicit Checker(const Json& spec) : spec_(spec) {}

  Status check_dag(const Json& component, const std::string& where) {
    const Json* dag = child(component, "dag");
    const Json* tasks = dag == nullptr ? nullptr : child(*dag, "tasks");
    if (tasks == nullptr || !tasks->is_object() || tasks->empty()) {
      return invalid_field(str_cat(where, ".dag.tasks"), "must be an object with at least one task");
    }
    if (++depth_ > kMaxNesting) return invalid_field(where, "DAGs are nested deeper than ", kMaxNesting, " levels");
    for (const auto& [name, task] : tasks->items()) {
      if (++tasks_seen_ > kMaxTasks) return invalid_field(where, "the pipeline has more than ", kMaxTasks, " tasks");
      RETURN_IF_ERROR(check_task(*tasks, name, task, str_cat(where, ".dag.tasks.", name)));
    }
    --depth_;
    return check_order(*tasks, where);
  }

 private:
  Status check_task(const Json& tasks, const std::string& name, const Json& task, const std::string& where) {
    if (!task.is_object()) return invalid_field(where, "must be an object");
    if (name.empty() || name.find_first_of("/\\") != std::string::npos || name.front() == '.') {
      return invalid_field(where, "a task's name must not be empty, begin with a dot or hold a slash");
    }
    const Json* component = component_of(spec_, task);
    if (component == nullptr) {
      return invalid_field(str_cat(where, ".componentRef.name"), "names no entry of \"components\"");
    }
    if (child(task, "artifactIterator") != nullptr) {
      return unimplemented("task ", name, ": loops over artifacts (artifactIterator) are not supported yet");
    }
    for (const std::string& other : dependencies(task)) {
      if (!tasks.contains(other))
        return invalid_field(where, "depends on the task \"", other, "\", which is not there");
    }
    if (const Json* trigger = child(task, "triggerPolicy")) {
      const Json* condition = child(*trigger, "condition");
      if (condition != nullptr && condition->is_string() && !condition->get_ref<const std::string&>().empty()) {
        const Status status = check_cel(condition->get<std::string>());
        if (!status.ok()) return with_context(status, str_cat(where, ".triggerPolicy"));
      }
    }
    RETURN_IF_ERROR(check_outputs_used(tasks, task, where));
    if (child(*component, "dag") != nullptr) return check_dag(*component, where);
    return check_executor(*component, name, where);
  }

  Status check_outputs_used(const Json& tasks, const Json& task, const std::string& where) {
    const Json* inputs = child(task, "inputs");
    const Json* parameters = inputs == nullptr ? nullptr : child(*inputs, "parameters");
    if (parameters == nullptr || !parameters->is_object()) return ok_status();
    for (const auto& [name, input] : parameters->items()) {
      const Json* from = child(input, "taskOutputParameter");
      if (from == nullptr) continue;
      const std::string producer = from->value("producerTask", "");
      const std::string key = from->value("outputParameterKey", "");
      const Json* component = tasks.contains(producer) ? component_of(spec_, tasks[producer]) : nullptr;
      if (component != nullptr && !definitions(*component, "outputDefinitions", "parameters").contains(key)) {
        return invalid_field(str_cat(where, ".inputs.parameters.", name), "the task \"", producer,
                             "\" has no output parameter \"", key, "\"");
      }
    }
    return ok_status();
  }

  Status check_executor(const Json& component, const std::string& name, const std::string& where) {
    const Json* executor = executor_of(spec_, component);
    if (executor == nullptr) {
      return invalid_field(str_cat(where, ".componentRef"),
                           "its component has neither a dag nor a known executorLabel");
    }
    if (child(*executor, "importer") != nullptr) return ok_status();
    const Json* container = child(*executor, "container");
    if (container == nullptr) {
      return unimplemented("task ", name, ": only container and importer executors are supported");
    }
    const Json* command = child(*container, "command");
    if (command == nullptr || !command->is_array() || command->empty()) {
      return invalid_field(str_cat(where, ".container.command"),
                           "must name the program: steps run as processes here, so an image's own entry point is not "
                           "known");
    }
    return ok_status();
  }

  // Every task must be reachable by finishing others first.
  static Status check_order(const Json& tasks, const std::string& where) {
    std::set<std::string> done;
    bool moved = true;
    while (moved) {
      moved = false;
      for (const auto& [name, task] : tasks.items()) {
        if (done.contains(name)) continue;
        const auto before = dependencies(task);
        if (!std::all_of(before.begin(), before.end(), [&](const auto& other) { return done.contains(other); }))
          continue;
        done.insert(name);
        moved = true;
      }
    }
    for (const auto& [name, task] : tasks.items()) {
      if (!done.contains(name)) return invalid_field(where, "the task \"", name, "\" waits for itself in a circle");
    }
    return ok_status();
  }

  const Json& spec_;
  int depth_ = 0;
  std::size_t tasks_seen_ = 0;
};

void add_producers(const Json& task, std::string_view kind, std::initializer_list<std::string_view> forms,
                   std::vector<std::string>& out) {
  const Json* inputs = child(task, "inputs");
  const Json* of_kind = inputs == nullptr ? nullptr : child(*inputs, kind);
  if (of_kind == nullptr || !of_kind->is_object()) return;
  for (const auto& [name, input] : of_kind->items()) {
    for (const std::string_view form : forms) {
      const Json* from = child(input, form);
      const Json* producer = from == nullptr ? nullptr : child(*from, "producerTask");
      if (producer != nullptr && producer->is_string()) out.push_back(producer->get<std::string>());
    }
  }
}

std::string info_text(const Json& spec, std::string_view field) {
  const Json* const info = child(spec, "pipelineInfo");
  const Json* const text = info == nullptr ? nullptr : child(*info, field);
  return text != nullptr && text->is_string() ? text->get<std::string>() : "";
}

}  // namespace

Json unwrap_spec(const Json& value) {
  for (const char* key : {"pipeline_spec", "pipelineSpec"}) {
    if (const Json* inner = child(value, key); inner != nullptr && inner->is_object()) return *inner;
  }
  return value;
}

const Json* child(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(key));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json* component_of(const Json& spec, const Json& task) {
  const Json* ref = child(task, "componentRef");
  const Json* name = ref == nullptr ? nullptr : child(*ref, "name");
  const Json* components = child(spec, "components");
  if (name == nullptr || !name->is_string() || components == nullptr) return nullptr;
  const Json* component = child(*components, name->get_ref<const std::string&>());
  return component != nullptr && component->is_object() ? component : nullptr;
}

const Json* executor_of(const Json& spec, const Json& component) {
  const Json* label = child(component, "executorLabel");
  const Json* deployment = child(spec, "deploymentSpec");
  const Json* executors = deployment == nullptr ? nullptr : child(*deployment, "executors");
  if (label == nullptr || !label->is_string() || executors == nullptr) return nullptr;
  const Json* executor = child(*executors, label->get_ref<const std::string&>());
  return executor != nullptr && executor->is_object() ? executor : nullptr;
}

std::vector<std::string> dependencies(const Json& task) {
  std::vector<std::string> out;
  const Json* named = child(task, "dependentTasks");
  if (named != nullptr && named->is_array()) {
    for (const Json& name : *named) {
      if (name.is_string()) out.push_back(name.get<std::string>());
    }
  }
  add_producers(task, "parameters", {"taskOutputParameter", "taskFinalStatus"}, out);
  add_producers(task, "artifacts", {"taskOutputArtifact"}, out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool runs_after_failures(const Json& task) {
  const Json* trigger = child(task, "triggerPolicy");
  const Json* strategy = trigger == nullptr ? nullptr : child(*trigger, "strategy");
  return strategy != nullptr && *strategy == "ALL_UPSTREAM_TASKS_COMPLETED";
}

const Json& definitions(const Json& component, std::string_view side, std::string_view kind) {
  static const Json kEmpty = Json::object();
  const Json* of_side = child(component, side);
  const Json* of_kind = of_side == nullptr ? nullptr : child(*of_side, kind);
  return of_kind == nullptr || !of_kind->is_object() ? kEmpty : *of_kind;
}

std::string spec_name(const Json& spec) { return info_text(spec, "name"); }
std::string spec_description(const Json& spec) { return info_text(spec, "description"); }

Status check_spec(const Json& spec) {
  if (!spec.is_object()) return invalid_field("pipeline_spec", "must be an object (the compiled pipeline)");
  const Json* version = child(spec, "schemaVersion");
  if (version == nullptr || !version->is_string() || !version->get_ref<const std::string&>().starts_with("2.")) {
    return invalid_field("pipeline_spec.schemaVersion", "must be 2.x: compile the pipeline with kfp 2");
  }
  if (spec_name(spec).empty()) return invalid_field("pipeline_spec.pipelineInfo.name", "is required");
  const Json* root = child(spec, "root");
  if (root == nullptr) return invalid_field("pipeline_spec.root", "is required");
  return Checker(spec).check_dag(*root, "root");
}

}  // namespace treadle::pipelines
