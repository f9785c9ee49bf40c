#include "adapters/native/artifacts.h"

#include "adapters/native/artifact_io.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

constexpr std::uint64_t kMaxArtifact = 64ull << 30;

// The folder of the run or logged model that a request names.
using Root = StatusOr<std::string> (*)(tracking::Service&, const std::string& id);

StatusOr<std::string> root_of_run(tracking::Service& tracking, const std::string& id) {
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  return tracking::Service::artifact_root(run);
}

StatusOr<std::string> root_of_logged_model(tracking::Service& tracking, const std::string& id) {
  ASSIGN_OR_RETURN(const auto model, tracking.get_logged_model(id));
  return tracking::Service::artifact_root(model);
}

StatusOr<std::string> key_of(tracking::Service& tracking, Root root, const Request& request, std::string_view path) {
  ASSIGN_OR_RETURN(std::string folder, root(tracking, std::string(request.param("id"))));
  if (path.empty()) return folder;
  RETURN_IF_ERROR(blob::check_key(path));
  return str_cat(folder, "/", path);
}

StatusOr<Json> list(tracking::Service& tracking, Root root, const Request& request) {
  const std::string path(request.query.get("path").value_or(""));
  ASSIGN_OR_RETURN(const std::string key, key_of(tracking, root, request, path));
  ASSIGN_OR_RETURN(const auto entries, tracking.blobs().list(key));
  Json list = Json::array();
  for (const auto& entry : entries) {
    list.push_back({{"path", path.empty() ? entry.name : str_cat(path, "/", entry.name)},
                    {"is_folder", entry.is_folder},
                    {"size", entry.size}});
  }
  return Json{{"artifacts", list}};
}

net::Response get(tracking::Service& tracking, Root root, const Request& request) {
  const auto key = key_of(tracking, root, request, request.param("path"));
  if (!key.ok()) return net::error_response(key.status());
  auto response = send_blob(tracking.blobs(), *key);
  return response.ok() ? std::move(*response) : net::error_response(response.status());
}

net::Response put(tracking::Service& tracking, Request& request) {
  const auto key = key_of(tracking, root_of_run, request, request.param("path"));
  if (!key.ok()) return net::error_response(key.status());
  const auto stored = receive_blob(request, tracking.blobs(), *key);
  if (!stored.ok()) return net::error_response(stored.status());
  return net::Response::json({{"size", stored->size}, {"sha256", stored->sha256}});
}

}  // namespace

void add_artifact_routes(net::Router& router, tracking::Service& tracking) {
  const auto readable = [&](const std::string& pattern, Root root) {
    router.add(Method::kGet, pattern,
               json_handler([&tracking, root](Request& request) { return list(tracking, root, request); }));
    router.add(Method::kGet, pattern + "/{path...}",
               [&tracking, root](Request& request) { return get(tracking, root, request); });
  };
  readable("/api/v1/runs/{id}/artifacts", root_of_run);
  readable("/api/v1/logged-models/{id}/artifacts", root_of_logged_model);
  router.add(Method::kPut, "/api/v1/runs/{id}/artifacts/{path...}",
             [&tracking](Request& request) { return put(tracking, request); },
             {.max_body = kMaxArtifact, .stream_body = true});
}

}  // namespace treadle::native
