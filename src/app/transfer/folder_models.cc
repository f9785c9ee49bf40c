// The models of an `mlruns` folder: those that runs logged, and the registry's.
#include <algorithm>
#include <fstream>

#include "app/transfer/folder_layout.h"
#include "app/transfer/folder_source.h"
#include "app/transfer/local_artifacts.h"
#include "app/transfer/yaml.h"
#include "base/files.h"

namespace treadle::app::transfer {
namespace {

namespace fs = std::filesystem;

// Lines of "time value step run [dataset digest]".
Status read_model_metrics(const fs::path& folder, tracking::LoggedModel& model) {
  ASSIGN_OR_RETURN(const auto files, files_below(folder));
  for (const ArtifactFile& file : files) {
    std::ifstream lines(folder / file.path);
    for (std::string line; std::getline(lines, line);) {
      const auto words = split(trim(line), ' ');
      if (words.size() < 4) continue;
      const auto time = parse_int(words[0]), step = parse_int(words[2]);
      const auto value = parse_double(words[1]);
      if (!time || !value || !step) continue;
      tracking::ModelMetric one{{file.path, *value, *time, *step, model.id}, std::string(words[3])};
      if (words.size() > 5) {
        one.metric.dataset_name = std::string(words[4]);
        one.metric.dataset_digest = std::string(words[5]);
      }
      model.metrics.push_back(std::move(one));
    }
  }
  return ok_status();
}

}  // namespace

Status FolderSource::logged_models(const std::string& experiment_id, const std::function<Status(LoggedModel&&)>& each) {
  ASSIGN_OR_RETURN(const fs::path experiment, folder_of(experiment_id));
  for (const fs::path& folder : folders_in(experiment / kModels)) {
    auto model = read_logged_model(experiment_id, folder);
    if (!model.ok()) {
      problem("logged model " + folder.filename().string(), model.status().message());
      continue;
    }
    RETURN_IF_ERROR(each(*std::move(model)));
  }
  return ok_status();
}

StatusOr<LoggedModel> FolderSource::read_logged_model(const std::string& experiment_id, const fs::path& folder) {
  ASSIGN_OR_RETURN(const Json meta, read_yaml(folder / kMeta));
  LoggedModel model;
  tracking::LoggedModel& record = model.record;
  record.id = yaml_text(meta, "model_id");
  record.experiment_id = experiment_id;
  record.name = yaml_text(meta, "name");
  record.type = yaml_text(meta, "model_type");
  record.run_id = yaml_text(meta, "source_run_id");
  const std::int64_t status = yaml_number(meta, "status", 1);
  record.status =
      status >= 1 && status <= 3 ? static_cast<tracking::ModelStatus>(status) : tracking::ModelStatus::kPending;
  record.deleted = yaml_text(meta, "lifecycle_stage") == "deleted";
  record.created_ms = yaml_number(meta, "creation_timestamp");
  record.updated_ms = yaml_number(meta, "last_updated_timestamp", record.created_ms);
  model.artifact_uri = yaml_text(meta, "artifact_location");
  ASSIGN_OR_RETURN(record.params, read_texts(folder / kParams));
  ASSIGN_OR_RETURN(record.tags, read_texts(folder / kTags));
  RETURN_IF_ERROR(read_model_metrics(folder / kMetrics, record));
  return model;
}

Status FolderSource::registered_models(const std::function<Status(RegisteredModel&&)>& each) {
  for (const fs::path& folder : folders_in(root_ / kModels)) {
    auto model = read_registered_model(folder);
    if (!model.ok()) {
      problem("registered model " + folder.filename().string(), model.status().message());
      continue;
    }
    RETURN_IF_ERROR(each(*std::move(model)));
  }
  return ok_status();
}

StatusOr<RegisteredModel> FolderSource::read_registered_model(const fs::path& folder) {
  ASSIGN_OR_RETURN(const Json meta, read_yaml(folder / kMeta));
  RegisteredModel model;
  model.record.name = yaml_text(meta, "name");
  model.record.description = yaml_text(meta, "description");
  model.record.created_ms = yaml_number(meta, "creation_timestamp");
  model.record.updated_ms = yaml_number(meta, "last_updated_timestamp", model.record.created_ms);
  ASSIGN_OR_RETURN(model.record.tags, read_texts(folder / kTags));
  ASSIGN_OR_RETURN(const auto aliases, read_texts(folder / "aliases"));
  for (const auto& [alias, version] : aliases) {
    model.record.aliases.push_back({alias, parse_int(trim(version)).value_or(0)});
  }
  for (const fs::path& one : folders_in(folder)) {
    if (!one.filename().string().starts_with("version-")) continue;
    ASSIGN_OR_RETURN(const Json meta_of_version, read_yaml(one / kMeta));
    registry::Version version;
    version.model = model.record.name;
    version.version = yaml_number(meta_of_version, "version");
    version.stage = yaml_text(meta_of_version, "current_stage");
    if (version.stage == "Deleted_Internal") continue;
    version.run_id = yaml_text(meta_of_version, "run_id");
    version.source = yaml_text(meta_of_version, "source");
    version.description = yaml_text(meta_of_version, "description");
    version.user = yaml_text(meta_of_version, "user_id");
    version.created_ms = yaml_number(meta_of_version, "creation_timestamp");
    version.updated_ms = yaml_number(meta_of_version, "last_updated_timestamp", version.created_ms);
    ASSIGN_OR_RETURN(version.tags, read_texts(one / kTags));
    for (const registry::Alias& alias : model.record.aliases) {
      if (alias.version == version.version) version.aliases.push_back(alias.alias);
    }
    model.versions.push_back(std::move(version));
  }
  std::sort(model.versions.begin(), model.versions.end(),
            [](const auto& a, const auto& b) { return a.version < b.version; });
  return model;
}

}  // namespace treadle::app::transfer
