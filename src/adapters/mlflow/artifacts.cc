// Artifacts: what a run has, and the proxy that carries the bytes (mlflow-artifacts:/<experiment>/<run>/artifacts/…).
#include "adapters/mlflow/artifact_files.h"
#include "adapters/mlflow/groups.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using net::Request;
using net::Response;

constexpr std::uint64_t kMaxArtifact = 64ull << 30;
// What a page may upload in one piece, as in MLflow.
constexpr std::uint64_t kMaxSmallUpload = 10u << 20;

std::string argument(const Request& request, std::string_view name) {
  return std::string(request.query.get(name).value_or(""));
}

// Older clients call it run_uuid.
std::string run_of(const Request& request) {
  return argument(request, request.query.get("run_id").value_or("").empty() ? "run_uuid" : "run_id");
}

StatusOr<Json> list_of_run(tracking::Service& tracking, const Json& arguments) {
  const bool old_name = !arguments.contains("run_id") && arguments.contains("run_uuid");
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, old_name ? "run_uuid" : "run_id"));
  ASSIGN_OR_RETURN(const std::string given, optional_string(arguments, "path"));
  ASSIGN_OR_RETURN(const std::string path, safe_path(given));
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  RETURN_IF_ERROR(tracking::Service::artifacts_are_here(run));
  ASSIGN_OR_RETURN(const std::string folder, key_under(tracking::Service::artifact_root(run), path));
  Json answer = {{"root_uri", tracking::Service::artifact_uri(run)}};
  ASSIGN_OR_RETURN(Json files, list_files(tracking.blobs(), folder, path));
  if (!files.empty()) answer["files"] = std::move(files);
  return answer;
}

StatusOr<std::string> proxied_key(std::string_view path) { return key_under("artifacts", path); }

// Of one file; the proxy's root is none.
StatusOr<std::string> proxied_file(const Request& request) {
  ASSIGN_OR_RETURN(std::string key, proxied_key(request.param("path")));
  if (key == "artifacts") return missing_parameter("path");
  return key;
}

StatusOr<Response> download(const blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_file(request));
  return attachment(blobs, key);
}

StatusOr<Response> upload(blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_file(request));
  RETURN_IF_ERROR(
      blobs.receive(key, [&](char* buffer, std::size_t size) { return request.stream->read(buffer, size); }));
  return Response::json(Json::object());
}

StatusOr<Response> list_proxied(const blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_key(argument(request, "path")));
  // Names come relative to the folder that was asked for.
  ASSIGN_OR_RETURN(const Json files, list_files(blobs, key, ""));
  return Response::json(files.empty() ? Json::object() : Json{{"files", files}});
}

StatusOr<Response> remove(blob::BlobStore& blobs, const Request& request) {
  ASSIGN_OR_RETURN(const std::string key, proxied_file(request));
  RETURN_IF_ERROR(blobs.remove(key));
  return Response::json(Json::object());
}

// "/get-artifact?run_id=…&path=…": how MLflow's page and older clients fetch one file.
StatusOr<Response> get_artifact(tracking::Service& tracking, const Request& request) {
  const std::string id = run_of(request);
  ASSIGN_OR_RETURN(const std::string path, safe_path(argument(request, "path")));
  if (id.empty()) return missing_parameter("run_id");
  if (path.empty()) return missing_parameter("path");
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  RETURN_IF_ERROR(tracking::Service::artifacts_are_here(run));
  return attachment(tracking.blobs(), str_cat(tracking::Service::artifact_root(run), "/", path));
}

StatusOr<Response> get_version_artifact(registry::Service& registry, const blob::BlobStore& blobs,
                                        const Request& request) {
  ASSIGN_OR_RETURN(const std::string path, safe_path(argument(request, "path")));
  if (path.empty()) return missing_parameter("path");
  const std::string name = argument(request, "name"), wanted = argument(request, "version");
  if (name.empty()) return missing_parameter("name");
  const auto number = parse_int(wanted);
  if (!number) return invalid("Parameter 'version' must be an integer, got '", wanted, "'.");
  ASSIGN_OR_RETURN(const auto version, registry.get_version(name, *number));
  ASSIGN_OR_RETURN(const std::string folder, registry.artifact_folder(version));
  return attachment(blobs, str_cat(folder, "/", path));
}

// POST /ajax-api/2.0/mlflow/upload-artifact?run_id=…&path=…, the body is the file: from MLflow's page.
StatusOr<Response> upload_small(tracking::Service& tracking, const Request& request) {
  const std::string id = run_of(request), given = argument(request, "path");
  if (id.empty()) return invalid("Request must specify run_id or run_uuid.");
  if (given.empty()) return invalid("Request must specify path.");
  ASSIGN_OR_RETURN(const std::string path, safe_path(given));
  if (path.empty()) return invalid("Request must specify path.");
  if (request.body.empty()) return invalid("Request must specify data.");
  if (request.body.size() > kMaxSmallUpload) return invalid("Artifact size is too large. Max size is 10MB.");
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  RETURN_IF_ERROR(tracking::Service::artifacts_are_here(run));
  RETURN_IF_ERROR(tracking.blobs().put(str_cat(tracking::Service::artifact_root(run), "/", path), request.body));
  return Response::json(Json::object());
}

template <typename Work>
net::Handler answer_with(Work work) {
  return [work](Request& request) {
    StatusOr<Response> response = work(request);
    return response.ok() ? std::move(*response) : error_response(response.status());
  };
}

}  // namespace

void add_artifact_routes(net::Router& router, Routes& routes, tracking::Service& tracking,
                         registry::Service& registry) {
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
  // MLflow's server takes two slashes for one, and its page relies on that here.
  for (const char* path : {"/model-versions/get-artifact", "//model-versions/get-artifact"}) {
    router.add(Method::kGet, path,
               answer_with([&](Request& request) { return get_version_artifact(registry, blobs, request); }));
  }
  // One byte more than is allowed is read, so that the refusal is MLflow's.
  router.add(Method::kPost, "/ajax-api/2.0/mlflow/upload-artifact",
             answer_with([&](Request& request) { return upload_small(tracking, request); }),
             {.max_body = kMaxSmallUpload + 1});
}

}  // namespace treadle::mlflow
