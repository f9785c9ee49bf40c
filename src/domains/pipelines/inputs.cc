#include "domains/pipelines/inputs.h"

#include "domains/pipelines/cel.h"
#include "domains/pipelines/parameters.h"
#include "domains/pipelines/placeholders.h"
#include "domains/pipelines/spec.h"

namespace treadle::pipelines {
namespace {

std::string text_of(const Json& object, const char* key) {
  const Json* value = child(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// KFP's words in PipelineTaskFinalStatus.
Json final_status(const Task& task) {
  const bool ok = succeeded(task.state) || task.state == TaskState::kSkipped;
  return {{"state", ok ? "COMPLETE" : to_string(task.state)},
          {"pipelineTaskName", task.name},
          {"error", {{"code", ok ? 0 : 1}, {"message", task.error}}}};
}

const Json* output_of(const Sibling& sibling, const std::string& producer, const char* kind, const std::string& key) {
  const Task* task = sibling(producer);
  if (task == nullptr || !succeeded(task->state)) return nullptr;
  const Json* outputs = child(task->outputs, kind);
  return outputs == nullptr ? nullptr : child(*outputs, key);
}

StatusOr<Json> parameter(const Json& input, const Json& scope, const Sibling& sibling) {
  Json value;
  if (const Json* runtime = child(input, "runtimeValue")) {
    if (const Json* constant = child(*runtime, "constant")) value = *constant;
  } else if (const Json* name = child(input, "componentInputParameter"); name != nullptr && name->is_string()) {
    const Json* found = child(scope["parameters"], name->get<std::string>());
    if (found != nullptr) value = *found;
  } else if (const Json* from = child(input, "taskOutputParameter")) {
    const Json* found =
        output_of(sibling, text_of(*from, "producerTask"), "parameters", text_of(*from, "outputParameterKey"));
    if (found != nullptr) value = *found;
  } else if (const Json* status = child(input, "taskFinalStatus")) {
    const Task* task = sibling(text_of(*status, "producerTask"));
    if (task != nullptr) value = final_status(*task);
  }
  const std::string selector = text_of(input, "parameterExpressionSelector");
  if (selector.empty() || value.is_null()) return value;
  return evaluate_cel(selector, {{"string_value", value.is_string() ? value.get<std::string>() : to_text(value)}});
}

StatusOr<Json> artifact(const Json& input, const Json& scope, const Sibling& sibling) {
  if (const Json* name = child(input, "componentInputArtifact"); name != nullptr && name->is_string()) {
    const Json* found = child(scope["artifacts"], name->get<std::string>());
    return found == nullptr ? Json() : *found;
  }
  if (const Json* from = child(input, "taskOutputArtifact")) {
    const Json* found =
        output_of(sibling, text_of(*from, "producerTask"), "artifacts", text_of(*from, "outputArtifactKey"));
    return found == nullptr ? Json() : *found;
  }
  return Json();
}

// Constants may hold placeholders of the task's other inputs ("x{{$.inputs.parameters['i']}}"); those of the run are
// filled in when the step starts.
Status fill_constants(const Json& task_parameters, Json& parameters) {
  const Json executor_input = {{"inputs", {{"parameterValues", parameters}}}};
  for (auto& [name, value] : parameters.items()) {
    const Json* input = child(task_parameters, name);
    if (input == nullptr || child(*input, "runtimeValue") == nullptr || !value.is_string()) continue;
    if (value.get_ref<const std::string&>().find("{{$.inputs.") == std::string::npos) continue;
    ASSIGN_OR_RETURN(std::string text, resolve_text(value.get<std::string>(), {&executor_input, {}}));
    value = std::move(text);
  }
  return ok_status();
}

Status apply_definitions(const Json& component, Json& inputs) {
  const bool is_dag = child(component, "dag") != nullptr;
  for (const auto& [name, definition] : definitions(component, "inputDefinitions", "parameters").items()) {
    const std::string field = str_cat("inputs.parameters.", name);
    Json& parameters = inputs["parameters"];
    if (!parameters.contains(name)) {
      if (definition.contains("defaultValue")) {
        parameters[name] = definition["defaultValue"];
      } else if (is_dag || definition.value("isOptional", false)) {
        continue;
      } else {
        return invalid_field(field, "is required and has no value");
      }
    }
    const auto& text = parameters[name];
    if (text.is_string() && text.get_ref<const std::string&>().starts_with("{{$.")) continue;
    ASSIGN_OR_RETURN(parameters[name], coerce_parameter(field, definition, parameters[name]));
  }
  if (is_dag) return ok_status();
  for (const auto& [name, definition] : definitions(component, "inputDefinitions", "artifacts").items()) {
    if (inputs["artifacts"].contains(name) || definition.value("isOptional", false)) continue;
    return invalid_field(str_cat("inputs.artifacts.", name), "is required and was not produced");
  }
  return ok_status();
}

}  // namespace

StatusOr<Json> resolve_inputs(const Json& task, const Json& component, const Json& scope, const Sibling& sibling) {
  Json out = {{"parameters", Json::object()}, {"artifacts", Json::object()}};
  const Json* inputs = child(task, "inputs");
  const Json* parameters = inputs == nullptr ? nullptr : child(*inputs, "parameters");
  if (parameters != nullptr && parameters->is_object()) {
    for (const auto& [name, input] : parameters->items()) {
      auto value = parameter(input, scope, sibling);
      if (!value.ok()) return with_context(value.status(), str_cat("inputs.parameters.", name));
      if (!value->is_null()) out["parameters"][name] = std::move(*value);
    }
    RETURN_IF_ERROR(fill_constants(*parameters, out["parameters"]));
  }
  const Json* artifacts = inputs == nullptr ? nullptr : child(*inputs, "artifacts");
  if (artifacts != nullptr && artifacts->is_object()) {
    for (const auto& [name, input] : artifacts->items()) {
      ASSIGN_OR_RETURN(Json value, artifact(input, scope, sibling));
      if (!value.is_null()) out["artifacts"][name] = std::move(value);
    }
  }
  // An item of a loop is given by the loop itself.
  if (child(task, "parameterIterator") == nullptr) RETURN_IF_ERROR(apply_definitions(component, out));
  return out;
}

Json dag_outputs(const Json& component, const Sibling& sibling) {
  Json out = {{"parameters", Json::object()}, {"artifacts", Json::object()}};
  const Json* dag = child(component, "dag");
  const Json* outputs = dag == nullptr ? nullptr : child(*dag, "outputs");
  if (outputs == nullptr) return out;
  const auto first = [&](const Json& selectors, const char* kind, const char* key) -> const Json* {
    for (const Json& selector : selectors) {
      const Json* value = output_of(sibling, text_of(selector, "producerSubtask"), kind, text_of(selector, key));
      if (value != nullptr) return value;
    }
    return nullptr;
  };
  if (const Json* parameters = child(*outputs, "parameters"); parameters != nullptr && parameters->is_object()) {
    for (const auto& [name, source] : parameters->items()) {
      const Json* value = nullptr;
      if (const Json* from = child(source, "valueFromParameter")) {
        value = first(Json::array({*from}), "parameters", "outputParameterKey");
      } else if (const Json* oneof = child(source, "valueFromOneof")) {
        const Json* selectors = child(*oneof, "parameterSelectors");
        if (selectors != nullptr) value = first(*selectors, "parameters", "outputParameterKey");
      }
      if (value != nullptr) out["parameters"][name] = *value;
    }
  }
  if (const Json* artifacts = child(*outputs, "artifacts"); artifacts != nullptr && artifacts->is_object()) {
    for (const auto& [name, source] : artifacts->items()) {
      const Json* selectors = child(source, "artifactSelectors");
      const Json* value = selectors == nullptr ? nullptr : first(*selectors, "artifacts", "outputArtifactKey");
      if (value != nullptr) out["artifacts"][name] = *value;
    }
  }
  return out;
}

StatusOr<Json> iterator_items(const Json& task, const Json& inputs) {
  const Json* iterator = child(task, "parameterIterator");
  const Json* source = iterator == nullptr ? nullptr : child(*iterator, "items");
  if (source == nullptr) return invalid("parameterIterator.items is missing");
  Json items;
  if (const Json* raw = child(*source, "raw"); raw != nullptr && raw->is_string()) {
    ASSIGN_OR_RETURN(items, parse_json(raw->get<std::string>()));
  } else {
    const std::string name = text_of(*source, "inputParameter");
    const Json* value = child(inputs["parameters"], name);
    if (value == nullptr) return invalid("the list to loop over, ", name, ", has no value");
    items = *value;
    if (items.is_string()) {
      ASSIGN_OR_RETURN(items, parse_json(items.get<std::string>()));
    }
  }
  if (!items.is_array()) return invalid("a loop needs a list, got ", items.type_name());
  constexpr std::size_t kMaxItems = 1000;
  if (items.size() > kMaxItems) return invalid("a loop over more than ", kMaxItems, " items");
  return items;
}

Json collect_outputs(const Json& component, const std::vector<const Task*>& iterations) {
  Json out = {{"parameters", Json::object()}, {"artifacts", Json::object()}};
  for (const char* kind : {"parameters", "artifacts"}) {
    for (const auto& [name, definition] : definitions(component, "outputDefinitions", kind).items()) {
      Json values = Json::array();
      for (const Task* iteration : iterations) {
        const Json* of_kind = child(iteration->outputs, kind);
        const Json* value = of_kind == nullptr ? nullptr : child(*of_kind, name);
        if (value == nullptr) continue;
        const bool flatten = value->is_array() && std::string_view(kind) == "artifacts";
        flatten ? (void)values.insert(values.end(), value->begin(), value->end()) : values.push_back(*value);
      }
      out[kind][name] = std::move(values);
    }
  }
  return out;
}

}  // namespace treadle::pipelines
