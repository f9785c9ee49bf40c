// Artifacts: what a run has, and the proxy that carries the bytes (mlflow-artifacts:/<experiment>/<run>/artifacts/…).
#include "adapters/mlflow/groups.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using net::Request;
using net::Response;

constexpr std::uint64_t kMaxArtifact = 64ull << 30;

StatusOr<Json> list_of_run(tracking::Service& tracking, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "run_id"));
  ASSIGN_OR_RETURN(const std::string path, optional_string(arguments, "path"));
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  std::string folder = tracking::Service::artifact_root(run);
  if (!path.empty()) {
    RETURN_IF_ERROR(blob::check_key(path));
    str_append(&folder, "/", path);
  }
  Json answer = {{"root_uri", tracking::Service::artifact_uri(run)}};
  ASSIGN_OR_RETURN(Json files, list_files(tracking.blobs(), folder, path));
  if (!files.empty()) answer["files"] = std::move(files);
  return answer;
}

StatusOr<std::string> proxied_key(std::string_view path) {
  RETURN_IF_ERROR(blob::check_key(path));
  return str_cat("artifacts/", path);
}

// As a download, never as a page: whoever logged the file must not speak with this server's rights.
StatusOr<Response> attachment(const blob::BlobStore& blobs, const std::string& key) {
  RETURN_IF_ERROR(blobs.stat(key));
  ASSIGN_OR_RETURN(const auto path, blobs.local_path(key));
  Response response = Response::file(path, "application/octet-stream");
  response.headers.set("Content-Disposition",
                       str_cat("attachment; filename=\"", net::percent_encode(path.filename().string()), "\""));
  return response;
}

StatusOr<Response> download(const blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_key(request.param("path")));
  return attachment(blobs, key);
}

StatusOr<Response> upload(blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_key(request.param("path")));
  RETURN_IF_ERROR(
      blobs.receive(key, [&](char* buffer, std::size_t size) { return request.stream->read(buffer, size); }));
  return Response::json(Json::object());
}

StatusOr<Response> list_proxied(const blob::BlobStore& blobs, const Request& request) {
  const std::string path(request.query.get("path").value_or(""));
  std::string key = "artifacts";
  if (!path.empty()) {
    ASSIGN_OR_RETURN(key, proxied_key(path));
  }
  // Names come relative to the folder that was asked for.
  ASSIGN_OR_RETURN(const Json files, list_files(blobs, key, ""));
  return Response::json(files.empty() ? Json::object() : Json{{"files", files}});
}

StatusOr<Response> remove(blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_key(request.param("path")));
  RETURN_IF_ERROR(blobs.remove(key));
  return Response::json(Json::object());
}

// "/get-artifact?run_id=…&path=…": how MLflow's page and older clients fetch one file.
StatusOr<Response> get_artifact(tracking::Service& tracking, const Request& request) {
  const std::string id(request.query.get("run_id").value_or(request.query.get("run_uuid").value_or("")));
  const std::string path(request.query.get("path").value_or(""));
  RETURN_IF_ERROR(blob::check_key(path));
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  return attachment(tracking.blobs(), str_cat(tracking::Service::artifact_root(run), "/", path));
}

template <typename Work>
net::Handler answer_with(Work work) {
  return [work](Request& request) {
    StatusOr<Response> response = work(request);
    return response.ok() ? std::move(*response) : error_response(response.status());
  };
}

}  // namespace

StatusOr<Json> list_files(const blob::BlobStore& blobs, const std::string& folder, const std::string& shown) {
  ASSIGN_OR_RETURN(const auto entries, blobs.list(folder));
  Json files = Json::array();
  for (const auto& entry : entries) {
    Json file = {{"path", shown.empty() ? entry.name : str_cat(shown, "/", entry.name)}, {"is_dir", entry.is_folder}};
    if (!entry.is_folder) file["file_size"] = entry.size;
    files.push_back(std::move(file));
  }
  return files;
}

void add_artifact_routes(net::Router& router, Routes& routes, tracking::Service& tracking) {
  routes.add(Method::kGet, "artifacts/list", [&](const Json& arguments) { return list_of_run(tracking, arguments); });
  blob::BlobStore& blobs = tracking.blobs();
  for (const char* prefix : {"/api/2.0/mlflow-artifacts/artifacts", "/ajax-api/2.0/mlflow-artifacts/artifacts"}) {
    const std::string each = str_cat(prefix, "/{path...}");
    router.add(Method::kGet, prefix, answer_with([&](Request& request) { return list_proxied(blobs, request); }));
    router.add(Method::kGet, each, answer_with([&](Request& request) { return download(blobs, request); }));
    router.add(Method::kPut, each, answer_with([&](Request& request) { return upload(blobs, request); }),
               {.max_body = kMaxArtifact, .stream_body = true});
    router.add(Method::kDelete, each, answer_with([&](Request& request) { return remove(blobs, request); }));
  }
  router.add(Method::kGet, "/get-artifact",
             answer_with([&](Request& request) { return get_artifact(tracking, request); }));
}

}  // namespace treadle::mlflow
