// What this server is and can do, as MLflow's clients and page ask before anything else.
#include "adapters/mlflow/groups.h"
#include "base/strings.h"

namespace treadle::mlflow {

void add_server_info_routes(net::Router& router) {
  using net::Method;
  const auto info = [](net::Request&) {
    return net::Response::json({{"store_type", "SqlStore"},
                                {"workspaces_enabled", false},
                                {"trace_archival_enabled", false},
                                {"multipart_uploads_enabled", true},
                                {"multipart_downloads_enabled", true},
                                {"presigned_upload_run_id_supported", true},
                                {"presigned_upload_model_id_supported", true},
                                {"features_enabled", {{"gateway", false}}}});
  };
  // Workspaces are a switch of MLflow's server; this is its answer with the switch off.
  const auto no_workspaces = [](net::Request& request) {
    return net::Response::text(503, str_cat("Endpoint: ", request.path,
                                            " disabled because the server is running without workspaces support."));
  };
  // MLflow's page asks whether it may report what its users do. It may not.
  router.add(Method::kGet, "/ajax-api/3.0/mlflow/ui-telemetry", [](net::Request&) {
    return net::Response::json(
        {{"disable_ui_telemetry", true}, {"disable_ui_events", Json::array()}, {"ui_rollout_percentage", 0}});
  });
  router.add(Method::kPost, "/ajax-api/3.0/mlflow/ui-telemetry", [](net::Request&) {
    return net::Response::json({{"status", "disabled"}});
  });
  // It also asks a gateway to language models for its endpoints; here is none.
  router.add(Method::kGet, "/ajax-api/2.0/mlflow/gateway-proxy", [](net::Request&) {
    return net::Response::json({{"endpoints", Json::array()}});
  });
  for (const char* api : {"/api/3.0/mlflow", "/ajax-api/3.0/mlflow"}) {
    router.add(Method::kGet, str_cat(api, "/server-info"), info);
    for (const char* path : {"/workspaces", "/workspaces/{name}"}) {
      for (const Method method : {Method::kGet, Method::kPost, Method::kPatch, Method::kDelete})
        router.add(method, str_cat(api, path), no_workspaces);
    }
  }
}

}  // namespace treadle::mlflow
