#include "domains/pipelines/step.h"

#include <sys/stat.h>

#include <thread>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "domains/pipelines/placeholders.h"
#include "domains/pipelines/spec.h"
#include "domains/pipelines/step_outputs.h"
#include "domains/pipelines/store.h"

namespace treadle::pipelines {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string, std::less<>> run_names(const StepJob& job) {
  const std::string created = format_rfc3339(job.run_created_ms);
  return {{"pipeline_job_name", job.run_name},
          {"pipeline_job_resource_name", str_cat(job.pipeline, "-", job.run_id)},
          {"pipeline_job_uuid", job.run_id},
          {"pipeline_task_name", job.task.name},
          {"pipeline_task_uuid", str_cat(job.run_id, "/", job.task.name)},
          {"pipeline_job_create_time_utc", created},
          {"pipeline_job_schedule_time_utc", created}};
}

// Inputs whose constants name something of the run ("{{$.pipeline_job_uuid}}") get their value here.
StatusOr<Json> with_run_names(Json inputs, const PlaceholderScope& scope) {
  for (auto& [name, value] : inputs["parameters"].items()) {
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (!text.starts_with("{{$.pipeline_") || !text.ends_with("}}")) continue;
    ASSIGN_OR_RETURN(std::string resolved, resolve_text(text, scope));
    value = std::move(resolved);
  }
  return inputs;
}

Json artifact_list(const Json& value) {
  Json list = value.is_array() ? value : Json::array({value});
  for (Json& item : list) {
    if (item.contains("type") && item["type"].is_string()) {
      const Json title = item["type"];
      item["type"] = {{"schemaTitle", title}};
    }
    item.erase("sha256");
  }
  return {{"artifacts", std::move(list)}};
}

// Task paths as part of file names and keys.
std::string file_name(const Task& task) { return replace_all(task.name, "/", "_"); }

std::string log_key(const std::string& run_id, const Task& task) {
  return str_cat("logs/", run_id, "/", file_name(task), "-", task.attempts, ".log");
}

std::vector<std::pair<std::string, std::string>> environment(const StepJob& job, const Options& options,
                                                             const Json& container) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::pair<std::string, std::string>> out = {
      {"TREADLE_URL", options.server_url},         {"TREADLE_RUN_ID", job.tracking_id},
      {"TREADLE_PIPELINE_RUN_ID", job.run_id},     {"TREADLE_TASK", job.task.name},
      {"MLFLOW_TRACKING_URI", options.server_url}, {"OMP_NUM_THREADS", std::to_string(cores)}};
  if (!options.server_token.empty()) {
    out.emplace_back("TREADLE_TOKEN", options.server_token);
    out.emplace_back("MLFLOW_TRACKING_TOKEN", options.server_token);
  }
  if (!job.commit.empty()) out.emplace_back("TREADLE_PROJECT_COMMIT", job.commit);
  const Json* extra = child(container, "env");
  if (extra == nullptr || !extra->is_array()) return out;
  for (const Json& entry : *extra) {
    const std::string name = entry.value("name", "");
    if (!name.empty() && name.find('=') == std::string::npos) out.emplace_back(name, entry.value("value", ""));
  }
  return out;
}

}  // namespace

fs::path StepRunner::work_directory(const std::string& run_id, const Task& task) const {
  return options_.work_folder / run_id / file_name(task);
}

void StepRunner::clean_up(const std::string& run_id, const Task& task) {
  const fs::path directory = work_directory(run_id, task);
  executor_.end_leftover(directory);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
}

StepOutcome StepRunner::run(const StepJob& job, const std::stop_token& stop) {
  const fs::path directory = work_directory(job.run_id, job.task);
  std::error_code error;
  fs::remove_all(directory, error);
  {
    const std::lock_guard lock(folders_);
    fs::create_directories(directory / "outputs", error);
  }
  StepOutcome failed;
  failed.inputs = job.task.inputs;
  if (error) {
    failed.error = str_cat("cannot make the working directory ", directory.string(), ": ", error.message());
    return failed;
  }
  const bool importer = child(job.executor, "importer") != nullptr;
  StatusOr<StepOutcome> outcome = importer ? import_artifact(job) : run_container(job, directory, stop);
  fs::remove_all(directory, error);
  {
    const std::lock_guard lock(folders_);
    fs::remove(directory.parent_path(), error);  // only when it was the run's last
  }
  if (outcome.ok()) return std::move(*outcome);
  failed.error = outcome.status().message();
  return failed;
}

StatusOr<Json> StepRunner::executor_input(const StepJob& job, const Json& inputs, const fs::path& directory) {
  Json input_artifacts = Json::object();
  for (const auto& [name, value] : inputs["artifacts"].items()) input_artifacts[name] = artifact_list(value);
  Json parameters = Json::object();
  for (const auto& [name, definition] : definitions(job.component, "outputDefinitions", "parameters").items()) {
    parameters[name] = {{"outputFile", (directory / "outputs" / sha256_hex(name).substr(0, 16)).string()}};
  }
  Json artifacts = Json::object();
  for (const auto& [name, definition] : definitions(job.component, "outputDefinitions", "artifacts").items()) {
    ASSIGN_OR_RETURN(const fs::path path, blobs_.local_path(str_cat("pipelines/", job.run_id, "/", file_name(job.task),
                                                                    "/", new_hex_id(), "/", name)));
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return internal_error("cannot make ", path.parent_path().string(), ": ", error.message());
    const Json* type = child(definition, "artifactType");
    artifacts[name] = {{"artifacts",
                        {{{"name", name},
                          {"uri", path.string()},
                          {"type", type == nullptr ? Json({{"schemaTitle", "system.Artifact"}}) : *type},
                          {"metadata", Json::object()}}}}};
  }
  return Json{{"inputs", {{"parameterValues", inputs["parameters"]}, {"artifacts", input_artifacts}}},
              {"outputs",
               {{"parameters", parameters},
                {"artifacts", artifacts},
                {"outputFile", (directory / "executor_output.json").string()}}}};
}

StatusOr<StepOutcome> StepRunner::run_container(const StepJob& job, const fs::path& directory,
                                                const std::stop_token& stop) {
  const Json& container = job.executor["container"];
  PlaceholderScope scope{nullptr, run_names(job)};
  StepOutcome outcome;
  ASSIGN_OR_RETURN(outcome.inputs, with_run_names(job.task.inputs, scope));
  if (job.use_cache) {
    outcome.cache_key = cache_key(job, outcome.inputs);
    ASSIGN_OR_RETURN(auto cached, cached_outputs(outcome.cache_key));
    if (cached) {
      outcome.state = TaskState::kCached;
      outcome.outputs = std::move(*cached);
      return outcome;
    }
  }
  ASSIGN_OR_RETURN(const Json input, executor_input(job, outcome.inputs, directory));
  scope.executor_input = &input;
  executors::StepSpec spec;
  ASSIGN_OR_RETURN(spec.command, resolve_arguments(container["command"], scope));
  if (container.contains("args")) {
    ASSIGN_OR_RETURN(const auto arguments, resolve_arguments(container["args"], scope));
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
  }
  spec.environment = environment(job, options_, container);
  spec.directory = directory;
  spec.timeout = job.timeout;
  ASSIGN_OR_RETURN(spec.log, blobs_.local_path(log_key(job.run_id, job.task)));
  if (const auto installs = recognise_bootstrap(spec.command)) {
    ASSIGN_OR_RETURN(const fs::path layer, layers_.ensure(*installs, spec.log, stop));
    spec.command.erase(spec.command.begin(), spec.command.begin() + 3);
    spec.environment.emplace_back("PYTHONPATH", layer.string());
    outcome.packages = PythonLayers::packages(layer);
  }
  ASSIGN_OR_RETURN(const executors::StepResult result, executor_.run(spec, stop));
  if (result.cancelled) {
    outcome.state = TaskState::kCanceled;
    outcome.error = "stopped";
    return outcome;
  }
  if (result.timed_out) return invalid("took longer than ", spec.timeout.count() / 1000, " s and was ended");
  if (result.exit_code != 0) {
    const std::string how = result.signal != 0 ? str_cat("was ended by signal ", result.signal)
                                               : str_cat("ended with exit code ", result.exit_code);
    return invalid(how, result.last_output.empty() ? "" : ": ", trim(result.last_output));
  }
  ASSIGN_OR_RETURN(outcome.outputs, read_outputs(job.component, input));
  outcome.state = TaskState::kSucceeded;
  return outcome;
}

StatusOr<StepOutcome> StepRunner::import_artifact(const StepJob& job) {
  const Json& importer = job.executor["importer"];
  StepOutcome outcome;
  outcome.inputs = job.task.inputs;
  Json uri;
  if (const Json* source = child(importer, "artifactUri")) {
    if (const Json* constant = child(*source, "constant")) uri = *constant;
    if (const Json* name = child(*source, "runtimeParameter"); name != nullptr && name->is_string()) {
      uri = outcome.inputs["parameters"].value(name->get<std::string>(), Json());
    }
  }
  if (!uri.is_string() || uri.get_ref<const std::string&>().empty()) {
    return invalid_field("importer.artifactUri", "has no value");
  }
  Json artifact = {{"name", "artifact"}, {"uri", uri}, {"type", "system.Artifact"}, {"metadata", Json::object()}};
  if (const Json* type = child(importer, "typeSchema"))
    artifact["type"] = type->value("schemaTitle", "system.Artifact");
  if (const Json* metadata = child(importer, "metadata")) {
    for (const auto& [key, value] : metadata->items()) artifact["metadata"][key] = value;
  }
  const std::string path = artifact_path(artifact);
  if (!path.empty()) {
    const auto hash = hash_content(path);
    if (!hash.ok()) return with_context(hash.status(), "the artifact to import");
    artifact["sha256"] = *hash;
  }
  outcome.outputs = {{"parameters", Json::object()}, {"artifacts", {{"artifact", artifact}}}};
  outcome.state = TaskState::kSucceeded;
  return outcome;
}

// Component, command with environment, inputs by value and by content: what decides a step's outputs. Text that names
// a file of this machine counts with the file's size and time of change.
std::string StepRunner::cache_key(const StepJob& job, const Json& inputs) const {
  const Json& container = job.executor["container"];
  const std::string command = to_text(container);
  if (command.find("{{$.pipeline_") != std::string::npos) return "";  // its outputs depend on the run itself
  Json key = {{"component", job.component}, {"container", container}, {"parameters", inputs["parameters"]}};
  key["component"].erase("executorLabel");
  Json artifacts = Json::object();
  for (const auto& [name, value] : inputs["artifacts"].items()) {
    Json list = Json::array();
    for (const Json& item : value.is_array() ? value : Json::array({value})) {
      const std::string hash = item.value("sha256", "");
      if (hash.empty()) return "";  // unknown content
      list.push_back({{"sha256", hash}, {"type", item["type"]}, {"metadata", item.value("metadata", Json())}});
    }
    artifacts[name] = std::move(list);
  }
  key["artifacts"] = std::move(artifacts);
  for (const auto& [name, value] : inputs["parameters"].items()) {
    struct stat info = {};
    if (!value.is_string() || !value.get_ref<const std::string&>().starts_with('/')) continue;
    if (::stat(value.get_ref<const std::string&>().c_str(), &info) != 0) continue;
    key["files"][name] = {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
  }
  if (container["command"][0] == "treadle") key["binary"] = options_.binary_version;
  return sha256_hex(to_text(key));
}

StatusOr<std::optional<Json>> StepRunner::cached_outputs(const std::string& key) {
  std::optional<store::CacheEntry> entry;
  if (key.empty()) return std::optional<Json>();
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(entry, store::find_cached(connection, key));
    return ok_status();
  }));
  if (!entry) return std::optional<Json>();
  const Json* artifacts = child(entry->outputs, "artifacts");
  for (const Json& artifact : artifacts == nullptr ? Json::array() : *artifacts) {
    const std::string path = artifact_path(artifact);
    std::error_code error;
    if (artifact.contains("sha256") && !fs::exists(path, error)) return std::optional<Json>();
  }
  return std::optional<Json>(std::move(entry->outputs));
}

}  // namespace treadle::pipelines
