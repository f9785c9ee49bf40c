#include "domains/pipelines/placeholders.h"

#include "domains/pipelines/parameters.h"

namespace treadle::pipelines {
namespace {

// "inputs.artifacts['d'].metadata['rows']" -> inputs artifacts d metadata rows; empty when malformed.
std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    if (path.front() == '.') {
      path.remove_prefix(1);
    } else if (path.front() == '[') {
      if (path.size() < 4 || (path[1] != '\'' && path[1] != '"')) return {};
      const std::size_t end = path.find(path[1], 2);
      if (end == std::string_view::npos || end + 1 >= path.size() || path[end + 1] != ']') return {};
      parts.emplace_back(path.substr(2, end - 2));
      path.remove_prefix(end + 2);
    } else {
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      parts.emplace_back(path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return parts;
}

const Json* find(const Json* object, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (object == nullptr || !object->is_object()) return nullptr;
    const auto found = object->find(std::string(key));
    if (found == object->end() || found->is_null()) return nullptr;
    object = &*found;
  }
  return object;
}

std::optional<std::string> artifact_field(const Json& artifacts, const std::vector<std::string>& parts) {
  const Json* list = find(&artifacts, {parts[2], "artifacts"});
  if (list == nullptr || !list->is_array() || list->empty() || parts.size() < 4) return std::nullopt;
  const Json& artifact = (*list)[0];
  const std::string uri = artifact.value("uri", "");
  if (parts[3] == "uri") return uri;
  if (parts[3] == "path") return uri.starts_with("file://") ? uri.substr(7) : uri;
  if (parts[3] != "metadata") return std::nullopt;
  const Json* metadata = find(&artifact, {"metadata"});
  if (metadata != nullptr && parts.size() > 4) metadata = find(metadata, {parts[4]});
  if (metadata == nullptr) return std::nullopt;
  return parameter_text(*metadata);
}

std::optional<std::string> lookup(std::string_view name, const PlaceholderScope& scope) {
  const Json* input = scope.executor_input;
  if (name == "$") return input == nullptr ? std::nullopt : std::optional(to_text(*input));
  if (!name.starts_with("$.")) return std::nullopt;
  name.remove_prefix(2);
  if (const auto run = scope.run.find(name); run != scope.run.end()) return run->second;
  const std::vector<std::string> parts = path_parts(name);
  if (input == nullptr || parts.size() < 2) return std::nullopt;
  if (parts[0] == "outputs" && (parts[1] == "output_file" || parts[1] == "output_metadata_uri")) {
    const Json* file = find(input, {"outputs", "outputFile"});
    return file == nullptr ? std::nullopt : std::optional(file->get<std::string>());
  }
  if (parts.size() < 3) return std::nullopt;
  if (parts[0] == "inputs" && parts[1] == "parameters") {
    const Json* value = find(input, {"inputs", "parameterValues", parts[2]});
    return value == nullptr ? std::nullopt : std::optional(parameter_text(*value));
  }
  if (parts[1] == "artifacts") {
    const Json* artifacts = find(input, {parts[0], "artifacts"});
    return artifacts == nullptr ? std::nullopt : artifact_field(*artifacts, parts);
  }
  if (parts[0] == "outputs" && parts[1] == "parameters" && parts.size() == 4 && parts[3] == "output_file") {
    const Json* file = find(input, {"outputs", "parameters", parts[2], "outputFile"});
    return file == nullptr ? std::nullopt : std::optional(file->get<std::string>());
  }
  return std::nullopt;
}

bool is_present(const std::string& name, const PlaceholderScope& scope) {
  return find(scope.executor_input, {"inputs", "parameterValues", name}) != nullptr ||
         find(scope.executor_input, {"inputs", "artifacts", name}) != nullptr;
}

Status add(const Json& element, const PlaceholderScope& scope, int depth, std::vector<std::string>& out);

Status add_each(const Json& branch, const PlaceholderScope& scope, int depth, std::vector<std::string>& out) {
  if (!branch.is_array()) return add(branch, scope, depth, out);
  for (const Json& item : branch) RETURN_IF_ERROR(add(item, scope, depth, out));
  return ok_status();
}

Status add_structure(const Json& element, const PlaceholderScope& scope, int depth, std::vector<std::string>& out) {
  if (const auto concat = element.find("Concat"); concat != element.end() && concat->is_array()) {
    std::vector<std::string> pieces;
    RETURN_IF_ERROR(add_each(*concat, scope, depth, pieces));
    out.push_back(join(pieces, ""));
    return ok_status();
  }
  const auto condition = element.find("IfPresent");
  if (condition == element.end() || !condition->is_object()) return invalid("unknown placeholder ", to_text(element));
  ASSIGN_OR_RETURN(const std::string name, required_string(*condition, "InputName"));
  const char* branch = is_present(name, scope) ? "Then" : "Else";
  return condition->contains(branch) ? add_each((*condition)[branch], scope, depth, out) : ok_status();
}

Status add(const Json& element, const PlaceholderScope& scope, int depth, std::vector<std::string>& out) {
  if (depth > 16) return invalid("IfPresent and Concat are nested deeper than 16 levels");
  if (element.is_object()) return add_structure(element, scope, depth + 1, out);
  if (!element.is_string()) {
    out.push_back(parameter_text(element));
    return ok_status();
  }
  const auto& text = element.get_ref<const std::string&>();
  if (text.starts_with("{\"IfPresent\"") || text.starts_with("{\"Concat\"")) {
    const auto structure = parse_json(text);
    if (structure.ok()) return add_structure(*structure, scope, depth + 1, out);
  }
  ASSIGN_OR_RETURN(std::string resolved, resolve_text(text, scope));
  out.push_back(std::move(resolved));
  return ok_status();
}

}  // namespace

StatusOr<std::string> resolve_text(std::string_view text, const PlaceholderScope& scope) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("{{$");
    const std::size_t end = begin == std::string_view::npos ? begin : text.find("}}", begin);
    if (end == std::string_view::npos) {
      out.append(text);
      return out;
    }
    const std::string_view name = text.substr(begin + 2, end - begin - 2);
    const auto value = lookup(name, scope);
    if (!value) return invalid("the placeholder {{", name, "}} has no value here");
    out.append(text.substr(0, begin)).append(*value);
    text.remove_prefix(end + 2);
  }
}

StatusOr<std::vector<std::string>> resolve_arguments(const Json& arguments, const PlaceholderScope& scope) {
  std::vector<std::string> out;
  if (!arguments.is_array()) return out;
  for (const Json& element : arguments) RETURN_IF_ERROR(add(element, scope, 0, out));
  return out;
}

}  // namespace treadle::pipelines
