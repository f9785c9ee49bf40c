#include "app/transfer/rest_source.h"

#include <algorithm>
#include <fstream>

#include "app/transfer/portable.h"
#include "base/files.h"
#include "storage/blob/blob_store.h"

namespace treadle::app::transfer {
namespace {

namespace fs = std::filesystem;

constexpr int kRunsPerPage = 200, kModelsPerPage = 50;
constexpr std::size_t kBatch = 1000;
constexpr std::string_view kPointsPerPage = "25000";

const Json& list_in(const Json& answer, std::string_view field) {
  static const Json kNone = Json::array();
  const auto it = answer.find(field);
  return it != answer.end() && it->is_array() ? *it : kNone;
}

// A name inside a filter.
std::string quoted(const std::string& name) {
  return name.find('\'') == std::string::npos ? str_cat("'", name, "'") : str_cat("\"", name, "\"");
}

}  // namespace

StatusOr<std::unique_ptr<Source>> RestSource::open(const std::string& url, Problems problems) {
  ASSIGN_OR_RETURN(MlflowApi api, MlflowApi::connect(url));
  return std::unique_ptr<Source>(std::make_unique<RestSource>(std::move(api), std::move(problems)));
}

StatusOr<std::vector<tracking::Experiment>> RestSource::experiments() {
  std::vector<tracking::Experiment> found;
  RETURN_IF_ERROR(api_.each_page("experiments/search", Json{{"max_results", 1000}, {"view_type", "ALL"}},
                                 [&](const Json& page) -> Status {
                                   for (const Json& form : list_in(page, "experiments")) {
                                     ASSIGN_OR_RETURN(auto experiment, experiment_from(form));
                                     found.push_back(std::move(experiment));
                                   }
                                   return ok_status();
                                 }));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a.id.size(), a.id) < std::pair(b.id.size(), b.id);  // they are numbers
  });
  return found;
}

Status RestSource::runs(const std::string& experiment_id, const std::function<Status(Run&&)>& each) {
  const Json body = {{"experiment_ids", {experiment_id}}, {"run_view_type", "ALL"}, {"max_results", kRunsPerPage}};
  return api_.each_page("runs/search", body, [&](const Json& page) -> Status {
    for (const Json& form : list_in(page, "runs")) {
      auto run = run_from(form);
      if (!run.ok()) {
        problem("a run of experiment " + experiment_id, run.status().message());
        continue;
      }
      RETURN_IF_ERROR(each(*std::move(run)));
    }
    return ok_status();
  });
}

StatusOr<Run> RestSource::run(const std::string& /*experiment_id*/, const std::string& run_id) {
  ASSIGN_OR_RETURN(const Json answer, api_.get("runs/get", {{"run_id", run_id}}));
  const auto form = answer.find("run");
  if (form == answer.end()) return internal_error("runs/get answered without a run");
  return run_from(*form);
}

Status RestSource::history(const Run& run, const std::string& key,
                           const std::function<Status(std::vector<tracking::Metric>&&)>& each) {
  std::vector<std::pair<std::string, std::string>> query = {
      {"run_id", run.record.id}, {"metric_key", key}, {"max_results", std::string(kPointsPerPage)}};
  return api_.each_page("metrics/get-history", std::move(query), [&](const Json& page) -> Status {
    std::vector<tracking::Metric> batch;
    for (const Json& form : list_in(page, "metrics")) {
      ASSIGN_OR_RETURN(auto metric, metric_from(form));
      // Which model a point measures is kept with the model.
      metric.model_id.clear();
      batch.push_back(std::move(metric));
      if (batch.size() == kBatch) RETURN_IF_ERROR(each(std::exchange(batch, {})));
    }
    return batch.empty() ? ok_status() : each(std::move(batch));
  });
}

Status RestSource::logged_models(const std::string& experiment_id, const std::function<Status(LoggedModel&&)>& each) {
  const Json body = {{"experiment_ids", {experiment_id}}, {"max_results", kModelsPerPage}};
  const Status status = api_.each_page("logged-models/search", body, [&](const Json& page) -> Status {
    for (const Json& form : list_in(page, "models")) {
      auto model = logged_model_from(form);
      if (!model.ok()) {
        problem("a logged model of experiment " + experiment_id, model.status().message());
        continue;
      }
      RETURN_IF_ERROR(each(*std::move(model)));
    }
    return ok_status();
  });
  // MLflow 2 has no logged models, and no such path.
  return status.code() == StatusCode::kNotFound ? ok_status() : status;
}

StatusOr<std::vector<registry::Version>> RestSource::versions_of(const std::string& model) {
  std::vector<registry::Version> versions;
  std::vector<std::pair<std::string, std::string>> query = {{"filter", "name=" + quoted(model)},
                                                            {"max_results", "1000"}};
  RETURN_IF_ERROR(api_.each_page("model-versions/search", std::move(query), [&](const Json& page) -> Status {
    for (const Json& form : list_in(page, "model_versions")) {
      ASSIGN_OR_RETURN(auto version, version_from(form));
      versions.push_back(std::move(version));
    }
    return ok_status();
  }));
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  return versions;
}

Status RestSource::registered_models(const std::function<Status(RegisteredModel&&)>& each) {
  std::vector<registry::Model> models;
  std::vector<std::pair<std::string, std::string>> query = {{"max_results", "100"}};
  RETURN_IF_ERROR(api_.each_page("registered-models/search", std::move(query), [&](const Json& page) -> Status {
    for (const Json& form : list_in(page, "registered_models")) {
      ASSIGN_OR_RETURN(auto model, model_from(form));
      models.push_back(std::move(model));
    }
    return ok_status();
  }));
  for (registry::Model& model : models) {
    auto versions = versions_of(model.name);
    if (!versions.ok()) {
      problem("registered model " + model.name, versions.status().message());
      continue;
    }
    RegisteredModel whole{std::move(model), *std::move(versions)};
    for (registry::Version& version : whole.versions) {
      for (const registry::Alias& alias : whole.record.aliases) {
        if (alias.version == version.version) version.aliases.push_back(alias.alias);
      }
    }
    RETURN_IF_ERROR(each(std::move(whole)));
  }
  return ok_status();
}

Status RestSource::list(const Owner& owner, const std::string& folder, std::vector<ArtifactFile>& found) {
  std::vector<std::pair<std::string, std::string>> query;
  std::string path = "artifacts/list";
  if (owner.is_model) path = str_cat("logged-models/", owner.id, "/artifacts/directories");
  if (!owner.is_model) query.emplace_back("run_id", owner.id);
  if (!folder.empty()) query.emplace_back(owner.is_model ? "artifact_directory_path" : "path", folder);
  std::vector<std::string> folders;
  RETURN_IF_ERROR(api_.each_page(path, std::move(query), [&](const Json& page) -> Status {
    for (const Json& form : list_in(page, "files")) {
      ASSIGN_OR_RETURN(const std::string name, required_string(form, "path"));
      RETURN_IF_ERROR(blob::check_key(name));
      ASSIGN_OR_RETURN(const bool is_folder, optional_bool(form, "is_dir", false));
      ASSIGN_OR_RETURN(const std::int64_t size, optional_int(form, "file_size", 0));
      if (is_folder) folders.push_back(name);
      if (!is_folder) found.push_back({name, static_cast<std::uint64_t>(size)});
    }
    return ok_status();
  }));
  for (const std::string& one : folders) {
    if (one.size() <= folder.size()) return internal_error("the artifact folder ", one, " lies in itself");
    RETURN_IF_ERROR(list(owner, one, found));
  }
  return ok_status();
}

StatusOr<std::vector<ArtifactFile>> RestSource::artifacts(const Owner& owner) {
  std::vector<ArtifactFile> found;
  RETURN_IF_ERROR(list(owner, "", found));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

std::string RestSource::download_target(const Owner& owner, const std::string& path) const {
  if (owner.artifact_uri.starts_with("mlflow-artifacts:")) {
    return str_cat("/api/2.0/mlflow-artifacts/artifacts/",
                   net::percent_encode(str_cat(proxied_path(owner.artifact_uri), "/", path), "/"));
  }
  if (owner.is_model) {
    return str_cat("/ajax-api/2.0/mlflow/logged-models/", owner.id,
                   "/artifacts/files?artifact_file_path=", net::percent_encode(path));
  }
  return str_cat("/get-artifact?run_uuid=", owner.id, "&path=", net::percent_encode(path));
}

StatusOr<fs::path> RestSource::artifact(const Owner& owner, const std::string& path, const fs::path& scratch) {
  const fs::path target = scratch / "artifact";
  std::ofstream file(target, std::ios::binary | std::ios::trunc);
  const auto answer = api_.client().download(download_target(owner, path), [&](std::string_view bytes) -> Status {
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return file ? ok_status() : failed_precondition("cannot write ", target.string(), ": ", errno_text());
  });
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) return failed_precondition("the server answered ", answer->status, " to its download");
  file.close();
  if (!file) return failed_precondition("cannot write ", target.string(), ": ", errno_text());
  return target;
}

StatusOr<std::string> RestSource::left_behind() {
  ASSIGN_OR_RETURN(const auto all, experiments());
  std::int64_t with_traces = 0;
  for (const auto& experiment : all) {
    const auto answer = api_.get("traces", {{"experiment_ids", experiment.id}, {"max_results", "1"}});
    if (answer.ok() && !list_in(*answer, "traces").empty()) ++with_traces;
  }
  return with_traces == 0 ? "" : str_cat("the traces of ", with_traces, " experiments");
}

}  // namespace treadle::app::transfer
