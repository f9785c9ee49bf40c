#include "adapters/native/provenance.h"

#include <algorithm>
#include <array>
#include <set>

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"
#include "base/hash.h"
#include "base/strings.h"

namespace treadle::native {
namespace {

constexpr std::size_t kMostFiles = 50, kMostFolders = 200, kMostModels = 20, kMostFileBytes = 1 << 20;
constexpr int kDeepest = 3;
// Files that say what a run's programs were, wherever in its artifacts MLflow or a step puts them.
constexpr std::array<std::string_view, 5> kEnvironmentFiles = {"requirements.txt", "conda.yaml", "python_env.yaml",
                                                               "environment.json", "uncommitted.diff"};
constexpr std::array<std::string_view, 5> kSeeds = {"seed", "random_seed", "random_state", "rng_seed", "data_seed"};
constexpr std::string_view kChampionTag = "treadle.champion.";
constexpr std::string_view kLayerTag = "treadle.environment.";

struct File {
  std::string path, content;
};

// The files of those names below `folder`, as far as the bounds above reach.
void collect(const blob::BlobStore& blobs, const std::string& root, const std::string& below, int depth,
             std::size_t& folders, std::vector<File>& files) {
  if (depth > kDeepest || ++folders > kMostFolders) return;
  const auto entries = blobs.list(below.empty() ? root : str_cat(root, "/", below));
  if (!entries.ok()) return;
  for (const blob::BlobEntry& entry : *entries) {
    const std::string path = below.empty() ? entry.name : str_cat(below, "/", entry.name);
    if (entry.is_folder) {
      collect(blobs, root, path, depth + 1, folders, files);
    } else if (std::find(kEnvironmentFiles.begin(), kEnvironmentFiles.end(), entry.name) != kEnvironmentFiles.end() &&
               files.size() < kMostFiles) {
      const auto content = blobs.get(str_cat(root, "/", path), kMostFileBytes);
      if (content.ok()) files.push_back({path, *content});
    }
  }
}

std::vector<File> files_of(tracking::Service& tracking, const tracking::Run& run) {
  std::vector<File> files;
  std::size_t folders = 0;
  collect(tracking.blobs(), tracking::Service::artifact_root(run), "", 0, folders, files);
  for (std::size_t i = 0; i < run.model_outputs.size() && i < kMostModels; ++i) {
    const auto model = tracking.get_logged_model(run.model_outputs[i].model_id, true);
    if (!model.ok()) continue;
    const std::size_t first = files.size();
    collect(tracking.blobs(), tracking::Service::artifact_root(*model), "", 0, folders, files);
    for (std::size_t at = first; at < files.size(); ++at) files[at].path = str_cat(model->id, "/", files[at].path);
  }
  return files;
}

Json tag_or_null(const Json& tags, std::string_view key) {
  const auto it = tags.find(key);
  return it == tags.end() ? Json() : *it;
}

Json code_of(const Json& tags, const std::vector<File>& files) {
  Json code = {{"commit", tag_or_null(tags, "mlflow.source.git.commit")},
               {"dirty", tag_or_null(tags, "mlflow.source.git.dirty")},
               {"branch", tag_or_null(tags, "mlflow.source.git.branch")},
               {"repository", tag_or_null(tags, "mlflow.source.git.repoURL")},
               {"source", tag_or_null(tags, "mlflow.source.name")},
               {"source_type", tag_or_null(tags, "mlflow.source.type")},
               {"entry_point", tag_or_null(tags, "mlflow.project.entryPoint")},
               {"diff_sha256", nullptr},
               {"diff_path", nullptr}};
  const auto diff = std::find_if(files.begin(), files.end(),
                                 [](const File& file) { return file.path.ends_with("uncommitted.diff"); });
  const Json tag = tag_or_null(tags, "mlflow.source.git.diff");
  if (diff != files.end()) {
    code["diff_sha256"] = sha256_hex(diff->content);
    code["diff_path"] = diff->path;
  } else if (tag.is_string()) {
    code["diff_sha256"] = sha256_hex(tag.get<std::string>());
  }
  return code;
}

// "numpy==1.26.4": {"numpy": "==1.26.4"}.
void add_package(Json& packages, std::string_view line) {
  line = trim(line.substr(0, line.find('#')));
  if (line.empty() || line.starts_with('-')) return;
  const std::size_t end = std::min(line.size(), line.find_first_of("=<>!~;[ @"));
  packages[std::string(line.substr(0, end))] = std::string(trim(line.substr(end)));
}

Json environment_of(const Json& tags, const std::vector<File>& files) {
  Json list = Json::array(), packages = Json::object(), python, layers = Json::object();
  for (const File& file : files) {
    if (file.path.ends_with("uncommitted.diff")) continue;
    list.push_back({{"path", file.path}, {"bytes", file.content.size()}, {"sha256", sha256_hex(file.content)}});
    for (const std::string_view line : split(file.content, '\n')) {
      if (file.path.ends_with("requirements.txt")) add_package(packages, line);
      if (file.path.ends_with("python_env.yaml") && line.starts_with("python:")) python = trim(line.substr(7));
    }
  }
  for (const auto& [key, value] : tags.items()) {
    if (key.starts_with(kLayerTag)) layers[key.substr(kLayerTag.size())] = value;
  }
  Json environment = {{"python", python},
                      {"packages", packages},
                      {"steps", layers},
                      {"image", tag_or_null(tags, "mlflow.docker.image.name")},
                      {"treadle", tag_or_null(tags, "treadle.server_build")},
                      {"xgboost", tag_or_null(tags, "treadle.xgboost")}};
  // Of what counts, not of how the files were written or where they lie.
  environment["sha256"] = sha256_hex(to_text(environment));
  environment["files"] = list;
  return environment;
}

Json seeds_of(const Json& params, const Json& tags) {
  Json seeds = Json::object();
  for (const Json* pairs : {&tags, &params}) {
    for (const auto& [key, value] : pairs->items()) {
      const std::string name = key.substr(key.find_last_of("./") + 1);
      if (std::find(kSeeds.begin(), kSeeds.end(), name) != kSeeds.end()) seeds[key] = value;
    }
  }
  return seeds;
}

// The files that the steps read, by what the steps noted of them.
void add_sources(const Json& artifacts, Json& data, std::set<std::string>& known) {
  for (const auto& [name, artifact] : artifacts.items()) {
    const auto metadata = artifact.is_object() ? artifact.find("metadata") : artifact.end();
    if (!artifact.is_object() || metadata == artifact.end() || !metadata->is_object()) continue;
    if (!metadata->contains("source_sha256") || !(*metadata)["source_sha256"].is_string()) continue;
    const std::string digest = (*metadata)["source_sha256"].get<std::string>();
    const Json source = metadata->contains("source") ? (*metadata)["source"] : Json("");
    if (!known.insert(str_cat(to_text(source), digest)).second) continue;
    data.push_back({{"name", name}, {"digest", digest}, {"source", source}, {"context", "file"}});
  }
}

StatusOr<Json> pipeline_of(pipelines::Service& pipelines, const std::string& run_id, Json& data) {
  const auto run = pipelines.get_run(run_id);
  if (run.status().code() == StatusCode::kNotFound || run.status().code() == StatusCode::kInvalidArgument)
    return Json();
  RETURN_IF_ERROR(run);
  ASSIGN_OR_RETURN(const Json spec, pipelines.run_spec(run->id));
  ASSIGN_OR_RETURN(const auto tasks, pipelines.tasks(run->id));
  std::set<std::string> known;
  Json steps = Json::array();
  for (const pipelines::Task& task : tasks) {
    Json outputs = Json::object();
    const auto artifacts = task.outputs.find("artifacts");
    if (artifacts != task.outputs.end() && artifacts->is_object()) {
      add_sources(*artifacts, data, known);
      for (const auto& [name, artifact] : artifacts->items()) {
        if (artifact.is_object() && artifact.contains("sha256")) outputs[name] = artifact["sha256"];
      }
    }
    steps.push_back(
        {{"name", task.name}, {"component", task.component}, {"state", to_string(task.state)}, {"outputs", outputs}});
  }
  return Json{{"id", run->id},
              {"name", run->pipeline},
              {"version_id", run->version_id},
              {"spec_sha256", sha256_hex(to_text(spec))},
              {"parameters", run->parameters},
              {"steps", steps}};
}

StatusOr<Json> spec_of(pipelines::Service& pipelines, const net::Request& request) {
  ASSIGN_OR_RETURN(const Json spec, pipelines.run_spec(std::string(request.param("id"))));
  return Json{{"pipeline_spec", spec}};
}

}  // namespace

StatusOr<Json> provenance_of(tracking::Service& tracking, pipelines::Service& pipelines, const std::string& run_id) {
  ASSIGN_OR_RETURN(const tracking::Run run, tracking.get_run(run_id));
  const Json form = to_json(run);
  const Json &params = form["params"], &tags = form["tags"];
  const std::vector<File> files = files_of(tracking, run);
  Json data = Json::array();
  for (const tracking::DatasetInput& input : run.inputs) {
    const auto context = std::find_if(input.tags.begin(), input.tags.end(),
                                      [](const auto& tag) { return tag.first == "mlflow.data.context"; });
    data.push_back({{"name", input.name},
                    {"digest", input.digest},
                    {"source", input.source},
                    {"context", context == input.tags.end() ? "" : context->second}});
  }
  // Versions that steps met in deployments: as much an input as a file.
  for (const auto& [key, value] : tags.items()) {
    if (!key.starts_with(kChampionTag)) continue;
    data.push_back(
        {{"name", key.substr(kChampionTag.size())}, {"digest", value}, {"source", ""}, {"context", "deployment"}});
  }
  ASSIGN_OR_RETURN(const Json pipeline, pipeline_of(pipelines, run.id, data));
  const Json user = run.user.empty() ? tag_or_null(tags, "mlflow.user") : Json(run.user);
  return Json{{"run_id", run.id},
              {"user", user},
              {"host", tag_or_null(tags, "treadle.host")},
              {"started_ms", run.start_ms},
              {"seed", seeds_of(params, tags)},
              {"code", code_of(tags, files)},
              {"environment", environment_of(tags, files)},
              {"data", data},
              {"params", params},
              {"pipeline", pipeline}};
}

void add_provenance_routes(net::Router& router, tracking::Service& tracking, pipelines::Service& pipelines) {
  router.add(net::Method::kGet, "/api/v1/runs/{id}/provenance", json_handler([&](net::Request& request) {
               return provenance_of(tracking, pipelines, std::string(request.param("id")));
             }));
  router.add(net::Method::kGet, "/api/v1/pipeline-runs/{id}/spec",
             json_handler([&](net::Request& request) { return spec_of(pipelines, request); }));
}

}  // namespace treadle::native
