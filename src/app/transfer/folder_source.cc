#include "app/transfer/folder_source.h"

#include <algorithm>
#include <fstream>

#include "app/transfer/folder_layout.h"
#include "app/transfer/local_artifacts.h"
#include "app/transfer/yaml.h"
#include "base/files.h"

namespace treadle::app::transfer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 1000;

bool looks_like_store(const fs::path& root) {
  std::error_code error;
  if (fs::is_directory(root / kTrash, error)) return true;
  for (const fs::path& folder : folders_in(root)) {
    if (fs::is_regular_file(folder / kMeta, error)) return true;
  }
  return false;
}

tracking::Experiment experiment_of(const Json& meta, const fs::path& folder) {
  tracking::Experiment experiment;
  experiment.id = yaml_text(meta, "experiment_id");
  if (experiment.id.empty()) experiment.id = folder.filename().string();
  experiment.name = yaml_text(meta, "name");
  experiment.deleted = yaml_text(meta, "lifecycle_stage") == "deleted";
  experiment.created_ms = yaml_number(meta, "creation_time");
  experiment.updated_ms = yaml_number(meta, "last_update_time", experiment.created_ms);
  return experiment;
}

// "time value [step [run-or-dataset …]]".
std::optional<tracking::Metric> point_of(const std::string& key, std::string_view line) {
  const auto words = split(trim(line), ' ');
  if (words.size() < 2) return std::nullopt;
  const auto time = parse_int(words[0]);
  const auto value = parse_double(words[1]);
  const auto step = words.size() > 2 ? parse_int(words[2]) : std::optional<std::int64_t>(0);
  if (!time || !value || !step) return std::nullopt;
  return tracking::Metric{key, *value, *time, *step};
}

}  // namespace

StatusOr<std::unique_ptr<Source>> FolderSource::open(fs::path root, const SourceOptions& options, Problems problems) {
  std::error_code error;
  if (!fs::is_directory(root, error)) return invalid_field("source", "there is no folder ", root.string());
  if (!looks_like_store(root) && fs::is_directory(root / "mlruns", error)) root /= "mlruns";
  if (!looks_like_store(root)) {
    return invalid_field("source", root.string(),
                         " is not an mlruns folder: no folder in it has a meta.yaml (an MLflow database is given as "
                         "sqlite:///path/mlflow.db)");
  }
  return std::unique_ptr<Source>(new FolderSource(fs::absolute(root).lexically_normal(), options, std::move(problems)));
}

StatusOr<std::vector<tracking::Experiment>> FolderSource::experiments() {
  std::vector<tracking::Experiment> found;
  std::vector<fs::path> folders = folders_in(root_);
  for (const fs::path& folder : folders_in(root_ / kTrash)) folders.push_back(folder);
  std::error_code error;
  for (const fs::path& folder : folders) {
    if (folder.filename() == kModels || folder.filename() == kTrash) continue;
    const auto meta = read_yaml(folder / kMeta);
    if (!meta.ok()) {
      // MLflow's server leaves empty experiment folders where it keeps only artifacts.
      if (fs::exists(folder / kMeta, error)) problem("experiment folder " + folder.string(), meta.status().message());
      continue;
    }
    tracking::Experiment experiment = experiment_of(*meta, folder);
    ASSIGN_OR_RETURN(experiment.tags, read_texts(folder / kTags));
    folders_[experiment.id] = folder;
    found.push_back(std::move(experiment));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return found;
}

StatusOr<fs::path> FolderSource::folder_of(const std::string& experiment_id) {
  if (folders_.empty()) RETURN_IF_ERROR(experiments());
  const auto it = folders_.find(experiment_id);
  if (it == folders_.end()) return not_found("there is no experiment ", experiment_id, " in ", root_.string());
  return it->second;
}

Status FolderSource::runs(const std::string& experiment_id, const std::function<Status(Run&&)>& each) {
  ASSIGN_OR_RETURN(const fs::path folder, folder_of(experiment_id));
  for (const fs::path& one : folders_in(folder)) {
    const std::string name = one.filename().string();
    if (name == kTags || name == kModels || name == "datasets" || name == "traces") continue;
    auto run = read_run(experiment_id, one);
    if (!run.ok()) {
      problem("run " + name, run.status().message());
      continue;
    }
    RETURN_IF_ERROR(each(*std::move(run)));
  }
  return ok_status();
}

StatusOr<Run> FolderSource::run(const std::string& experiment_id, const std::string& run_id) {
  ASSIGN_OR_RETURN(const fs::path folder, folder_of(experiment_id));
  std::error_code error;
  if (!fs::is_directory(folder / run_id, error)) return not_found("there is no run ", run_id);
  return read_run(experiment_id, folder / run_id);
}

StatusOr<Run> FolderSource::read_run(const std::string& experiment_id, const fs::path& folder) {
  ASSIGN_OR_RETURN(const Json meta, read_yaml(folder / kMeta));
  Run run;
  tracking::Run& record = run.record;
  record.id = yaml_text(meta, "run_id");
  if (record.id.empty()) record.id = yaml_text(meta, "run_uuid");
  if (record.id.empty()) record.id = folder.filename().string();
  record.experiment_id = experiment_id;
  record.user = yaml_text(meta, "user_id");
  record.deleted = yaml_text(meta, "lifecycle_stage") == "deleted";
  record.start_ms = yaml_number(meta, "start_time");
  const auto status = tracking::parse_run_status(yaml_text(meta, "status"));
  if (!status) return invalid("its status is \"", yaml_text(meta, "status"), "\"");
  record.status = *status;
  if (!yaml_text(meta, "end_time").empty()) record.end_ms = yaml_number(meta, "end_time");
  run.artifact_uri = yaml_text(meta, "artifact_uri");
  ASSIGN_OR_RETURN(record.params, read_texts(folder / kParams));
  ASSIGN_OR_RETURN(record.tags, read_texts(folder / kTags));
  record.name = yaml_text(meta, "run_name");
  for (const auto& [key, value] : record.tags) {
    if (key == "mlflow.runName") record.name = value;
  }
  ASSIGN_OR_RETURN(const auto metrics, files_below(folder / kMetrics));
  for (const ArtifactFile& file : metrics) record.metrics.push_back({file.path});
  RETURN_IF_ERROR(read_links(experiment_id, folder, record));
  return run;
}

Status FolderSource::read_links(const std::string& experiment_id, const fs::path& folder, tracking::Run& run) {
  ASSIGN_OR_RETURN(const fs::path experiment, folder_of(experiment_id));
  for (const fs::path& input : folders_in(folder / "inputs")) {
    ASSIGN_OR_RETURN(const Json meta, read_yaml(input / kMeta));
    const std::string id = yaml_text(meta, "source_id");
    if (yaml_text(meta, "source_type") == "MODEL") {
      run.model_inputs.push_back({id, 0});
      continue;
    }
    ASSIGN_OR_RETURN(const Json dataset, read_yaml(experiment / "datasets" / id / kMeta));
    tracking::DatasetInput one{yaml_text(dataset, "name"),
                               yaml_text(dataset, "digest"),
                               yaml_text(dataset, "source_type"),
                               yaml_text(dataset, "source"),
                               yaml_text(dataset, "schema"),
                               yaml_text(dataset, "profile"),
                               {}};
    if (meta.contains("tags") && meta["tags"].is_object()) {
      for (const auto& [key, value] : meta["tags"].items()) one.tags.emplace_back(key, yaml_text(meta["tags"], key));
    }
    run.inputs.push_back(std::move(one));
  }
  for (const fs::path& output : folders_in(folder / "outputs")) {
    ASSIGN_OR_RETURN(const Json meta, read_yaml(output / kMeta));
    run.model_outputs.push_back({yaml_text(meta, "source_id"), yaml_number(meta, "step")});
  }
  return ok_status();
}

Status FolderSource::history(const Run& run, const std::string& key,
                             const std::function<Status(std::vector<tracking::Metric>&&)>& each) {
  ASSIGN_OR_RETURN(const fs::path experiment, folder_of(run.record.experiment_id));
  std::ifstream file(experiment / run.record.id / kMetrics / key);
  if (!file) return failed_precondition("cannot read the metric \"", key, "\": ", errno_text());
  std::vector<tracking::Metric> batch;
  std::int64_t unreadable = 0;
  for (std::string line; std::getline(file, line);) {
    if (trim(line).empty()) continue;
    auto point = point_of(key, line);
    if (!point) {
      ++unreadable;
      continue;
    }
    batch.push_back(*std::move(point));
    if (batch.size() == kBatch) RETURN_IF_ERROR(each(std::exchange(batch, {})));
  }
  if (unreadable > 0)
    problem(str_cat("metric \"", key, "\" of run ", run.record.id), str_cat(unreadable, " lines are not points"));
  return batch.empty() ? ok_status() : each(std::move(batch));
}

StatusOr<fs::path> FolderSource::artifact_folder(const Owner& owner) {
  ASSIGN_OR_RETURN(const fs::path experiment, folder_of(owner.experiment_id));
  const fs::path beside =
      owner.is_model ? experiment / kModels / owner.id / kArtifacts : experiment / owner.id / kArtifacts;
  std::error_code error;
  // A folder that was moved here still has its files, whatever the URI said where it came from.
  if (fs::is_directory(beside, error)) return beside;
  return local_folder(owner.artifact_uri, root_.parent_path(), options_.artifacts_root);
}

StatusOr<std::vector<ArtifactFile>> FolderSource::artifacts(const Owner& owner) {
  ASSIGN_OR_RETURN(const fs::path folder, artifact_folder(owner));
  return files_below(folder);
}

StatusOr<fs::path> FolderSource::artifact(const Owner& owner, const std::string& path, const fs::path& /*scratch*/) {
  ASSIGN_OR_RETURN(const fs::path folder, artifact_folder(owner));
  return folder / path;
}

StatusOr<std::string> FolderSource::left_behind() {
  if (folders_.empty()) RETURN_IF_ERROR(experiments());
  std::size_t traces = 0;
  for (const auto& [id, folder] : folders_) traces += folders_in(folder / "traces").size();
  return traces == 0 ? "" : str_cat(traces, " traces");
}

}  // namespace treadle::app::transfer
