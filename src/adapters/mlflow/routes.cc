#include "adapters/mlflow/routes.h"

#include <array>

#include "adapters/mlflow/groups.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

// The MLflow whose protocol this is.
constexpr std::string_view kSpoken = "3.18.0";

// Parts of MLflow 3 that this server has not. Their calls are refused in one sentence, so that it is not taken for a
// record that is missing.
struct Missing {
  std::string_view path, what;
};
constexpr std::array<Missing, 4> kMissing = {
    {{"issues", "issues are not kept here; a trace's assessments may name them, and issue.id finds it"},
     {"label-schemas", "label schemas are not kept here; give feedback by any name with mlflow.log_feedback"},
     {"review-queues", "review queues are not kept here; tag the traces to review and search by the tag"},
     {"prompt-optimization", "prompts are not optimised here: run mlflow.genai.optimize_prompts in a client"}}};

void add_refusals(net::Router& router) {
  for (const char* api : {"/api/3.0/mlflow/", "/ajax-api/3.0/mlflow/"}) {
    for (const Missing& one : kMissing) {
      router.add_fallback(str_cat(api, one.path),
                          [&one](net::Request&) { return error_response(unimplemented(one.what)); });
    }
  }
}

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
  add_refusals(router);
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
