#include "app/transfer/folder_sink.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "app/transfer/folder_layout.h"
#include "app/transfer/local_artifacts.h"
#include "app/transfer/portable.h"
#include "app/transfer/yaml.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "net/http.h"

namespace treadle::app::transfer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLoggedSource = "models:/m-";

// A path below `folder`; kInvalidArgument when the name would lead elsewhere.
StatusOr<fs::path> inside(const fs::path& folder, const std::string& name) {
  const fs::path path(name);
  const bool plain = !name.empty() && name.find('\0') == std::string::npos && path.is_relative() &&
                     path.lexically_normal() == path && *path.begin() != ".." && *path.begin() != "." &&
                     path.has_filename();
  if (!plain) return invalid("the name \"", name, "\" cannot be that of a file");
  return folder / path;
}

Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return failed_precondition("cannot make the folder ", folder.string(), ": ", error.message());
  return ok_status();
}

Status write_text(const fs::path& file, std::string_view text, bool append = false) {
  RETURN_IF_ERROR(make_folder(file.parent_path()));
  std::ofstream out(file, std::ios::binary | (append ? std::ios::app : std::ios::trunc));
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) return failed_precondition("cannot write ", file.string(), ": ", errno_text());
  return ok_status();
}

Status write_meta(const fs::path& folder, const Json& fields) {
  std::string text;
  for (const auto& [key, value] : fields.items()) str_append(&text, key, ": ", yaml_of(value), "\n");
  return write_text(folder / kMeta, text);
}

Status write_pairs(const fs::path& folder, const tracking::Tags& pairs) {
  for (const auto& [key, value] : pairs) {
    ASSIGN_OR_RETURN(const fs::path file, inside(folder, key));
    RETURN_IF_ERROR(write_text(file, value));
  }
  return ok_status();
}

// MLflow takes the path out of the address again, so a "#", "?" or "%" in it must not mean anything.
std::string file_uri(const fs::path& path) { return "file://" + net::percent_encode(path.string(), "/"); }

using Lines = std::map<std::string, std::string>;  // by file

Status append_lines(const fs::path& folder, const Lines& lines) {
  for (const auto& [name, text] : lines) {
    ASSIGN_OR_RETURN(const fs::path file, inside(folder, name));
    RETURN_IF_ERROR(write_text(file, text, true));
  }
  return ok_status();
}

Status remove_folders(const fs::path& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::error_code error;
    fs::remove_all(folder / name, error);
    if (error) return failed_precondition("cannot empty ", (folder / name).string(), ": ", error.message());
  }
  return ok_status();
}

// Every digit that the value needs to come back the same.
std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.17g", value);
  return text.data();
}

std::string point_line(const tracking::Metric& metric) {
  return str_cat(metric.time_ms, " ", number_text(metric.value), " ", metric.step);
}

const char* stage_of(bool deleted) { return deleted ? "deleted" : "active"; }

std::string id_of(std::string_view one, std::string_view other) {
  return sha256_hex(str_cat(one, "\n", other)).substr(0, 32);
}

Json model_meta(const std::string& name, const std::string& description, std::int64_t created, std::int64_t updated) {
  return {{"name", name},
          {"description", description},
          {"creation_timestamp", created},
          {"last_updated_timestamp", updated}};
}

}  // namespace

StatusOr<std::unique_ptr<FolderSink>> FolderSink::open(const fs::path& given, Problems problems) {
  const fs::path root = fs::absolute(given).lexically_normal();
  std::error_code error;
  if (fs::exists(root, error) && !fs::is_directory(root, error))
    return failed_precondition(root.string(), " is a file; name a folder that is empty or not there yet");
  RETURN_IF_ERROR(make_folder(root));
  const bool empty = fs::is_empty(root, error);
  if (!empty && !FolderSource::open(root, {}, [](const Problem&) {}).ok()) {
    return failed_precondition(root.string(),
                               " holds something else than an export; name a folder that is empty or"
                               " not there yet");
  }
  return std::unique_ptr<FolderSink>(new FolderSink(root, std::move(problems)));
}

void FolderSink::write_tags(const fs::path& folder, const tracking::Tags& pairs, const std::string& of) {
  for (const auto& pair : pairs) {
    const Status status = write_pairs(folder, {pair});
    if (!status.ok()) problems_({str_cat("\"", pair.first, "\" of ", of), status.message()});
  }
}

StatusOr<std::string> FolderSink::begin_experiment(const tracking::Experiment& experiment) {
  if (!parse_int(experiment.id)) return invalid("\"", experiment.id, "\" is not the id of an experiment");
  const fs::path folder = experiment_folder(experiment.id);
  const fs::path trash = root_ / kTrash / experiment.id;
  std::error_code error;
  RETURN_IF_ERROR(make_folder(root_ / kTrash));
  if (fs::exists(trash, error)) {
    fs::rename(trash, folder, error);
    if (error) return failed_precondition("cannot take ", trash.string(), " out of the trash: ", error.message());
  }
  const auto before = read_yaml(folder / kMeta);
  if (before.ok() && yaml_text(*before, "name") != experiment.name) {
    return already_exists("experiment ", experiment.id, " is called \"", yaml_text(*before, "name"),
                          "\" there: export into another folder");
  }
  RETURN_IF_ERROR(remove_folders(folder, {kTags}));
  write_tags(folder / kTags, experiment.tags, "experiment " + experiment.name);
  RETURN_IF_ERROR(write_meta(folder, {{"artifact_location", file_uri(folder)},
                                      {"creation_time", experiment.created_ms},
                                      {"experiment_id", experiment.id},
                                      {"last_update_time", experiment.updated_ms},
                                      {"lifecycle_stage", stage_of(experiment.deleted)},
                                      {"name", experiment.name}}));
  there_.reset();  // it knows where experiments lie
  return experiment.id;
}

Status FolderSink::end_experiment(const tracking::Experiment& experiment, const std::string& id) {
  if (!experiment.deleted) return ok_status();
  std::error_code error;
  fs::rename(experiment_folder(id), root_ / kTrash / id, error);
  if (error) return failed_precondition("cannot put experiment ", id, " into the trash: ", error.message());
  return ok_status();
}

StatusOr<bool> FolderSink::has_run(const tracking::Run& run, const std::string& experiment_id) {
  const bool ended = tracking::has_ended(run.status);
  std::error_code error;
  if (!ended || !fs::exists(experiment_folder(experiment_id) / run.id / kMeta, error)) return false;
  if (!there_) {
    ASSIGN_OR_RETURN(there_, FolderSource::open(root_, {}, [](const Problem&) {}));
  }
  const auto found = there_->run(experiment_id, run.id);
  return found.ok() && !first_difference(run, found->record);
}

Status FolderSink::write_run(const tracking::Run& run, const std::string& experiment_id, bool last) {
  const fs::path folder = experiment_folder(experiment_id) / run.id;
  const auto status = last ? run.status : tracking::RunStatus::kRunning;
  return write_meta(folder, {{"artifact_uri", file_uri(folder / kArtifacts)},
                             {"end_time", last && run.end_ms ? Json(*run.end_ms) : Json()},
                             {"entry_point_name", ""},
                             {"experiment_id", experiment_id},
                             {"lifecycle_stage", stage_of(last && run.deleted)},
                             {"run_id", run.id},
                             {"run_name", run.name},
                             {"run_uuid", run.id},
                             {"source_name", ""},
                             {"source_type", 4},
                             {"source_version", ""},
                             {"start_time", run.start_ms},
                             {"status", static_cast<int>(status)},
                             {"tags", Json::array()},
                             {"user_id", run.user}});
}

// What an interrupted export left of the run is written anew; its artifacts stay.
Status FolderSink::begin_run(const tracking::Run& run, const std::string& experiment_id) {
  if (!is_hex_id(run.id)) return invalid("\"", run.id, "\" is not the id of a run");
  const fs::path folder = experiment_folder(experiment_id) / run.id;
  RETURN_IF_ERROR(remove_folders(folder, {kMetrics, kParams, kTags, "inputs", "outputs"}));
  for (const char* name : {kMetrics, kParams, kTags, kArtifacts}) RETURN_IF_ERROR(make_folder(folder / name));
  return write_run(run, experiment_id, false);
}

Status FolderSink::log(const tracking::Run& run, const tracking::Batch& batch) {
  const fs::path folder = experiment_folder(run.experiment_id) / run.id;
  RETURN_IF_ERROR(write_pairs(folder / kParams, batch.params));
  RETURN_IF_ERROR(write_pairs(folder / kTags, batch.tags));
  Lines lines;
  for (const tracking::Metric& metric : batch.metrics) str_append(&lines[metric.key], point_line(metric), "\n");
  RETURN_IF_ERROR(append_lines(folder / kMetrics, lines));
  return write_inputs(run, batch);
}

Status FolderSink::write_inputs(const tracking::Run& run, const tracking::Batch& batch) {
  const fs::path experiment = experiment_folder(run.experiment_id);
  const fs::path folder = experiment / run.id;
  for (const tracking::DatasetInput& input : batch.inputs) {
    const std::string id = id_of(input.name, input.digest);
    RETURN_IF_ERROR(write_meta(experiment / "datasets" / id, {{"digest", input.digest},
                                                              {"name", input.name},
                                                              {"profile", input.profile},
                                                              {"schema", input.schema},
                                                              {"source", input.source},
                                                              {"source_type", input.source_type}}));
    Json tags = Json::object();
    for (const auto& [key, value] : input.tags) tags[key] = value;
    RETURN_IF_ERROR(write_meta(folder / "inputs" / id_of(id, run.id), {{"source_type", "DATASET"},
                                                                       {"source_id", id},
                                                                       {"destination_type", "RUN"},
                                                                       {"destination_id", run.id},
                                                                       {"tags", tags}}));
  }
  for (const tracking::ModelLink& link : batch.model_inputs) {
    ASSIGN_OR_RETURN(const fs::path place, inside(folder / "inputs", link.model_id));
    RETURN_IF_ERROR(write_meta(place, {{"source_type", "MODEL"},
                                       {"source_id", link.model_id},
                                       {"destination_type", "RUN"},
                                       {"destination_id", run.id},
                                       {"tags", Json::object()}}));
  }
  // MLflow's store writes the model at both ends, and reads it from the second.
  for (const tracking::ModelLink& link : batch.model_outputs) {
    ASSIGN_OR_RETURN(const fs::path place, inside(folder / "outputs", link.model_id));
    RETURN_IF_ERROR(write_meta(place, {{"source_type", "RUN_OUTPUT"},
                                       {"source_id", link.model_id},
                                       {"destination_type", "MODEL_OUTPUT"},
                                       {"destination_id", link.model_id},
                                       {"tags", Json::object()},
                                       {"step", link.step}}));
  }
  return ok_status();
}

Status FolderSink::end_run(const tracking::Run& run, const std::string& experiment_id) {
  return write_run(run, experiment_id, true);
}

Status FolderSink::put_logged_model(const tracking::LoggedModel& model, const std::string& experiment_id) {
  ASSIGN_OR_RETURN(const fs::path folder, inside(experiment_folder(experiment_id) / kModels, model.id));
  RETURN_IF_ERROR(remove_folders(folder, {kMetrics, kParams, kTags}));
  for (const char* name : {kMetrics, kParams, kTags, kArtifacts}) RETURN_IF_ERROR(make_folder(folder / name));
  write_tags(folder / kParams, model.params, "logged model " + model.id);
  write_tags(folder / kTags, model.tags, "logged model " + model.id);
  Lines lines;
  for (const tracking::ModelMetric& one : model.metrics) {
    const std::string dataset =
        one.metric.dataset_name.empty() ? "" : str_cat(" ", one.metric.dataset_name, " ", one.metric.dataset_digest);
    str_append(&lines[one.metric.key], point_line(one.metric), " ", one.run_id, dataset, "\n");
  }
  RETURN_IF_ERROR(append_lines(folder / kMetrics, lines));
  return write_meta(folder, {{"artifact_location", file_uri(folder / kArtifacts)},
                             {"creation_timestamp", model.created_ms},
                             {"experiment_id", experiment_id},
                             {"last_updated_timestamp", model.updated_ms},
                             {"lifecycle_stage", stage_of(model.deleted)},
                             {"model_id", model.id},
                             {"model_type", model.type},
                             {"name", model.name},
                             {"source_run_id", model.run_id.empty() ? Json() : Json(model.run_id)},
                             {"status", static_cast<int>(model.status)},
                             {"status_message", Json()}});
}

StatusOr<fs::path> FolderSink::model_folder(const std::string& name) const {
  if (name.find('/') != std::string::npos) return invalid("MLflow's folders take no model name with a slash");
  return inside(root_ / kModels, name);
}

Status FolderSink::put_registered_model(const registry::Model& model) {
  ASSIGN_OR_RETURN(const fs::path folder, model_folder(model.name));
  RETURN_IF_ERROR(remove_folders(folder, {kTags, "aliases"}));
  for (const char* name : {kTags, "aliases"}) RETURN_IF_ERROR(make_folder(folder / name));
  write_tags(folder / kTags, model.tags, "registered model " + model.name);
  return write_meta(folder, model_meta(model.name, model.description, model.created_ms, model.updated_ms));
}

std::string FolderSink::source_here(const std::string& portable) const {
  constexpr std::string_view kRuns = "runs:/";
  const bool logged = portable.starts_with(kLoggedSource);
  if (!logged && !portable.starts_with(kRuns)) return portable;
  const std::string rest = portable.substr(logged ? kLoggedSource.size() - 2 : kRuns.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string id = rest.substr(0, slash);
  for (const fs::path& experiment : folders_in(root_)) {
    const fs::path folder = logged ? experiment / kModels / id : experiment / id;
    std::error_code error;
    if (fs::exists(folder / kMeta, error))
      return file_uri(folder / kArtifacts) + net::percent_encode(rest.substr(slash), "/");
  }
  return portable;
}

Status FolderSink::put_version(const registry::Version& version) {
  ASSIGN_OR_RETURN(const fs::path model, model_folder(version.model));
  const fs::path folder = model / str_cat("version-", version.version);
  RETURN_IF_ERROR(remove_folders(folder, {kTags}));
  RETURN_IF_ERROR(make_folder(folder / kTags));
  write_tags(folder / kTags, version.tags, str_cat("version ", version.version, " of ", version.model));
  Json meta = model_meta(version.model, version.description, version.created_ms, version.updated_ms);
  meta["version"] = version.version;
  meta["current_stage"] = version.stage;
  const std::string source = source_here(version.source);
  meta["source"] = version.source.starts_with(kLoggedSource) ? version.source : source;
  meta["storage_location"] = source;
  meta["run_id"] = version.run_id.empty() ? Json() : Json(version.run_id);
  meta["run_link"] = version.run_link;
  meta["user_id"] = version.user;
  meta["status"] = "READY";
  meta["status_message"] = Json();
  return write_meta(folder, meta);
}

Status FolderSink::put_alias(const std::string& model, const registry::Alias& alias) {
  ASSIGN_OR_RETURN(const fs::path folder, model_folder(model));
  return write_pairs(folder / "aliases", {{alias.alias, str_cat(alias.version)}});
}

fs::path FolderSink::artifact_folder(const Owner& owner, const std::string& experiment_id) const {
  const fs::path experiment = experiment_folder(experiment_id);
  return owner.is_model ? experiment / kModels / owner.id / kArtifacts : experiment / owner.id / kArtifacts;
}

StatusOr<std::map<std::string, std::uint64_t>> FolderSink::artifacts(const Owner& owner,
                                                                     const std::string& experiment_id) {
  ASSIGN_OR_RETURN(const auto files, files_below(artifact_folder(owner, experiment_id)));
  std::map<std::string, std::uint64_t> sizes;
  for (const ArtifactFile& file : files) sizes[file.path] = file.size;
  return sizes;
}

Status FolderSink::put_artifact(const Owner& owner, const std::string& experiment_id, const std::string& path,
                                const fs::path& file) {
  ASSIGN_OR_RETURN(const fs::path target, inside(artifact_folder(owner, experiment_id), path));
  RETURN_IF_ERROR(make_folder(target.parent_path()));
  std::error_code error;
  // Elsewhere first: what has the right size is taken for whole by the next export.
  const fs::path part = root_ / kTrash / "export.part";
  fs::copy_file(file, part, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(part, target, error);
  if (error) return failed_precondition("cannot write ", target.string(), ": ", error.message());
  return ok_status();
}

}  // namespace treadle::app::transfer
