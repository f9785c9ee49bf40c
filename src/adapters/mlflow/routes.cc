#include "adapters/mlflow/routes.h"

#include "adapters/mlflow/groups.h"

namespace treadle::mlflow {
namespace {

// The MLflow whose protocol this is.
constexpr std::string_view kSpoken = "3.18.0";

}  // namespace

void add_routes(net::Router& router, tracking::Service& tracking, registry::Service& registry) {
  Routes routes(router);
  add_experiment_routes(routes, tracking);
  add_run_routes(routes, tracking);
  add_log_routes(routes, tracking);
  add_logged_model_routes(router, routes, tracking);
  add_artifact_routes(router, routes, tracking, registry);
  add_transfer_routes(router, tracking);
  add_server_info_routes(router);
  add_registered_model_routes(routes, registry);
  add_model_version_routes(routes, registry, tracking);
  add_graphql_routes(router, routes);
  router.add(net::Method::kGet, "/health", [](net::Request&) { return net::Response::text(200, "OK"); });
  router.add(net::Method::kGet, "/version",
             [](net::Request&) { return net::Response::text(200, std::string(kSpoken)); });
  const auto unknown = [](net::Request& request) {
    return error_response(not_found("this server does not answer ", request.path));
  };
  for (const char* prefix :
       {"/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/", "/get-artifact", "/model-versions/", "/v1/traces"}) {
    router.add_fallback(prefix, unknown);
    router.add_error_form(prefix, error_response);
  }
}

}  // namespace treadle::mlflow
