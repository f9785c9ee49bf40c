#include "domains/pipelines/step_outputs.h"

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "domains/pipelines/parameters.h"
#include "domains/pipelines/spec.h"

namespace treadle::pipelines {
namespace {

namespace fs = std::filesystem;

Status read_artifact(const std::string& name, const Json& given, const Json* reported, Json& out) {
  const Json* list = child(given, "artifacts");
  out = list != nullptr && !list->empty() ? (*list)[0] : Json::object();
  const Json* changed = reported == nullptr ? nullptr : child(*reported, "artifacts");
  if (changed != nullptr && changed->is_array() && !changed->empty() && (*changed)[0].is_object()) {
    const Json& first = (*changed)[0];
    if (const Json* uri = child(first, "uri"); uri != nullptr && uri->is_string()) out["uri"] = *uri;
    if (const Json* path = child(first, "customPath"); path != nullptr && path->is_string() && !path->empty()) {
      out["uri"] = *path;
    }
    if (const Json* metadata = child(first, "metadata"); metadata != nullptr && metadata->is_object()) {
      out["metadata"].update(*metadata);
    }
  }
  const Json* type = child(out, "type");
  const Json* title = type == nullptr ? nullptr : child(*type, "schemaTitle");
  out["type"] = title != nullptr && title->is_string() ? title->get<std::string>() : "system.Artifact";
  out["name"] = name;
  const std::string path = artifact_path(out);
  std::error_code error;
  if (!path.empty() && fs::exists(path, error)) {
    ASSIGN_OR_RETURN(out["sha256"], hash_content(path));
  }
  return ok_status();
}

}  // namespace

std::string artifact_path(const Json& artifact) {
  const std::string uri = artifact.value("uri", "");
  if (uri.starts_with("file://")) return uri.substr(7);
  return uri.starts_with('/') ? uri : "";
}

StatusOr<std::string> hash_content(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return sha256_file(path);
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
    if (!entry.is_regular_file(error)) continue;
    ASSIGN_OR_RETURN(const std::string hash, sha256_file(entry.path()));
    lines.push_back(str_cat(entry.path().lexically_relative(path).string(), "\t", hash, "\n"));
  }
  if (error) return internal_error("cannot read ", path.string(), ": ", error.message());
  std::sort(lines.begin(), lines.end());
  return sha256_hex(join(lines, ""));
}

StatusOr<Json> read_outputs(const Json& component, const Json& executor_input) {
  Json out = {{"parameters", Json::object()}, {"artifacts", Json::object()}};
  const Json& outputs = executor_input["outputs"];
  Json report = Json::object();
  const fs::path report_file = outputs["outputFile"].get<std::string>();
  std::error_code error;
  if (fs::exists(report_file, error)) {
    ASSIGN_OR_RETURN(const std::string text, read_file(report_file, 16u << 20));
    auto parsed = parse_json_object(text);
    if (!parsed.ok()) return with_context(parsed.status(), "the step's executor_output.json");
    report = std::move(*parsed);
  }
  const Json* values = child(report, "parameterValues");
  for (const auto& [name, definition] : definitions(component, "outputDefinitions", "parameters").items()) {
    const std::string field = str_cat("outputs.parameters.", name);
    const Json* value = values == nullptr ? nullptr : child(*values, name);
    if (value != nullptr) {
      ASSIGN_OR_RETURN(out["parameters"][name], coerce_parameter(field, definition, *value));
      continue;
    }
    const fs::path file = outputs["parameters"][name]["outputFile"].get<std::string>();
    if (!fs::exists(file, error)) {
      if (definition.value("isOptional", false)) continue;
      return invalid_field(field, "the step ended well but did not write it");
    }
    ASSIGN_OR_RETURN(const std::string text, read_file(file, 4u << 20));
    ASSIGN_OR_RETURN(out["parameters"][name], parse_parameter(field, definition, text));
  }
  const Json* artifacts = child(report, "artifacts");
  for (const auto& [name, given] : outputs["artifacts"].items()) {
    const Json* reported = artifacts == nullptr ? nullptr : child(*artifacts, name);
    RETURN_IF_ERROR(read_artifact(name, given, reported, out["artifacts"][name]));
  }
  return out;
}

}  // namespace treadle::pipelines
