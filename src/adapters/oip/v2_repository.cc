// Triton's repository extension: what is deployed, and taking it offline and back.
#include "adapters/oip/errors.h"
#include "adapters/oip/routes.h"

namespace treadle::oip {
namespace {

using net::Method;
using net::Request;
using net::Response;

std::string_view repository_state(serving::DeploymentState state) {
  switch (state) {
    case serving::DeploymentState::kReady:
      return "READY";
    case serving::DeploymentState::kLoading:
      return "LOADING";
    default:
      return "UNAVAILABLE";
  }
}

StatusOr<Json> index(Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const bool only_ready, optional_bool(body, "ready", false));
  ASSIGN_OR_RETURN(const std::vector<serving::Deployment> deployments, serving.list());
  Json models = Json::array();
  for (const serving::Deployment& deployment : deployments) {
    if (only_ready && deployment.state != serving::DeploymentState::kReady) continue;
    const bool stopped = deployment.state == serving::DeploymentState::kStopped;
    models.push_back({{"name", deployment.name},
                      {"version", str_cat(deployment.version)},
                      {"state", repository_state(deployment.state)},
                      {"reason", stopped ? "unloaded" : deployment.error}});
  }
  return models;
}

Status set_loaded(Request& request, serving::Service& serving, bool loaded) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const Json* parameters, optional_object(body, "parameters"));
  if (loaded && parameters != nullptr) {
    for (const auto& [name, value] : parameters->items()) {
      return unimplemented("parameters.", name,
                           ": a deployment's model comes from the registry; change it with PUT /api/v1/deployments/",
                           request.param("model"));
    }
  }
  return detail::as_status(serving.set_stopped(request.param("model"), !loaded, loaded ? "loaded" : "unloaded"));
}

}  // namespace

void add_v2_repository_routes(net::Router& router, serving::Service& serving) {
  router.add(Method::kPost, "/v2/repository/index", [&serving](Request& request) {
    const StatusOr<Json> models = index(request, serving);
    return models.ok() ? Response::json(*models) : v2_error(models.status());
  });
  for (const bool loaded : {true, false}) {
    const std::string path = str_cat("/v2/repository/models/{model}/", loaded ? "load" : "unload");
    router.add(Method::kPost, path, [&serving, loaded](Request& request) {
      const Status status = set_loaded(request, serving, loaded);
      return status.ok() ? Response::json(Json::object()) : v2_error(status);
    });
  }
}

}  // namespace treadle::oip
