#include "domains/components/step.h"

#include <iostream>

#include "base/files.h"

namespace treadle::components {
namespace {

constexpr std::size_t kNoteLength = 400;  // of a value in the log; the whole is with the run

namespace fs = std::filesystem;

// The object at object[a][b], or {}.
StatusOr<Json> nested(const Json& object, std::string_view a, std::string_view b) {
  ASSIGN_OR_RETURN(const Json* const outer, optional_object(object, a));
  if (outer == nullptr) return Json(Json::object());
  ASSIGN_OR_RETURN(const Json* const inner, optional_object(*outer, b));
  return inner == nullptr ? Json(Json::object()) : *inner;
}

StatusOr<const Json*> first_artifact(const Json& artifacts, std::string_view name) {
  const auto found = artifacts.find(name);
  if (found == artifacts.end() || !found->is_object()) return static_cast<const Json*>(nullptr);
  ASSIGN_OR_RETURN(const Json* const list, optional_array(*found, "artifacts"));
  if (list == nullptr || list->empty() || !list->front().is_object()) return static_cast<const Json*>(nullptr);
  return &list->front();
}

StatusOr<Json> structured(const Json& parameters, std::string_view name, Json empty) {
  const auto found = parameters.find(name);
  if (found == parameters.end() || found->is_null()) return empty;
  Json value = *found;
  if (value.is_string()) {
    const StatusOr<Json> parsed = parse_json(value.get<std::string>());
    if (!parsed.ok()) return invalid_field(name, "is not JSON: ", parsed.status().message());
    value = *parsed;
  }
  if (value.type() != empty.type()) return invalid_field(name, "must be a JSON ", empty.type_name());
  return value;
}

}  // namespace

StatusOr<Step> Step::parse(std::string_view executor_input) {
  const StatusOr<Json> parsed = parse_json_object(executor_input);
  if (!parsed.ok()) return with_context(parsed.status(), "executor-input");
  Step step;
  ASSIGN_OR_RETURN(step.parameters_, nested(*parsed, "inputs", "parameterValues"));
  ASSIGN_OR_RETURN(step.inputs_, nested(*parsed, "inputs", "artifacts"));
  ASSIGN_OR_RETURN(step.outputs_, nested(*parsed, "outputs", "artifacts"));
  ASSIGN_OR_RETURN(step.output_parameters_, nested(*parsed, "outputs", "parameters"));
  ASSIGN_OR_RETURN(const Json* const outputs, optional_object(*parsed, "outputs"));
  if (outputs != nullptr) {
    ASSIGN_OR_RETURN(step.output_file_, optional_string(*outputs, "outputFile"));
  }
  return step;
}

StatusOr<Json> Step::object(std::string_view name) const { return structured(parameters_, name, Json::object()); }
StatusOr<Json> Step::list(std::string_view name) const { return structured(parameters_, name, Json::array()); }

bool Step::has_input(std::string_view name) const {
  const auto found = first_artifact(inputs_, name);
  return found.ok() && *found != nullptr;
}

bool Step::has_output(std::string_view name) const {
  const auto found = first_artifact(outputs_, name);
  return found.ok() && *found != nullptr;
}

StatusOr<fs::path> Step::local_path(const Json& artifacts, std::string_view name, std::string_view kind) const {
  ASSIGN_OR_RETURN(const Json* const artifact, first_artifact(artifacts, name));
  if (artifact == nullptr) return invalid_field(name, "the ", kind, " artifact is missing in the executor input");
  ASSIGN_OR_RETURN(std::string uri, required_string(*artifact, "uri"));
  if (uri.starts_with("file://")) uri.erase(0, 7);
  if (!uri.starts_with('/')) return invalid_field(name, "its uri must be an absolute local path, got ", uri);
  return fs::path(uri);
}

StatusOr<fs::path> Step::input(std::string_view name) const { return local_path(inputs_, name, "input"); }

StatusOr<Json> Step::input_metadata(std::string_view name) const {
  ASSIGN_OR_RETURN(const Json* const artifact, first_artifact(inputs_, name));
  if (artifact == nullptr) return Json(Json::object());
  ASSIGN_OR_RETURN(const Json* const metadata, optional_object(*artifact, "metadata"));
  return metadata == nullptr ? Json(Json::object()) : *metadata;
}

StatusOr<fs::path> Step::output(std::string_view name) const {
  ASSIGN_OR_RETURN(fs::path path, local_path(outputs_, name, "output"));
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return internal_error("cannot make ", path.parent_path().string(), ": ", error.message());
  return path;
}

StatusOr<table::Table> Step::read_table(std::string_view input_name) const {
  ASSIGN_OR_RETURN(const fs::path path, input(input_name));
  ASSIGN_OR_RETURN(table::Table table, table::read_table(path, table::Format::kParquet));
  note(str_cat("read ", input_name, ": ", table.rows(), " rows"));
  return table;
}

Status Step::write_table(std::string_view output_name, const table::Table& table) {
  ASSIGN_OR_RETURN(const fs::path path, output(output_name));
  set_metadata(output_name, "rows", table.rows());
  note(str_cat("wrote ", output_name, ": ", table.rows(), " rows"));
  return table::write_table(table, path, table::Format::kParquet);
}

Status Step::write_text(std::string_view output_name, std::string_view content) {
  if (!has_output(output_name)) return {};
  ASSIGN_OR_RETURN(const fs::path path, output(output_name));
  return write_file_atomic(path, content);
}

void Step::set_metadata(std::string_view output_name, std::string_view key, Json value) {
  metadata_[std::string(output_name)][std::string(key)] = std::move(value);
}

void Step::note(std::string_view line) { std::cout << line << std::endl; }

Status Step::set_parameter(std::string_view name, const Json& value) {
  note(str_cat(name, " = ", to_text(value).substr(0, kNoteLength)));
  const auto found = output_parameters_.find(name);
  if (found == output_parameters_.end()) return {};
  ASSIGN_OR_RETURN(const std::string file, required_string(*found, "outputFile"));
  std::error_code error;
  fs::create_directories(fs::path(file).parent_path(), error);
  if (error) return internal_error("cannot make the folder of ", file, ": ", error.message());
  return write_file_atomic(file, value.is_string() ? value.get<std::string>() : to_text(value));
}

Status Step::finish() const {
  if (output_file_.empty() || metadata_.empty()) return {};
  Json artifacts = Json::object();
  for (const auto& [name, metadata] : metadata_) {
    ASSIGN_OR_RETURN(const Json* const artifact, first_artifact(outputs_, name));
    if (artifact == nullptr) continue;
    Json described = *artifact;
    for (const auto& [key, value] : metadata.items()) described["metadata"][key] = value;
    artifacts[name] = {{"artifacts", Json::array({described})}};
  }
  std::error_code error;
  fs::create_directories(fs::path(output_file_).parent_path(), error);
  return write_file_atomic(output_file_, to_text(Json{{"artifacts", artifacts}}));
}

}  // namespace treadle::components
