// The route groups, one file each.
#pragma once

#include "adapters/mlflow/protocol.h"
#include "domains/registry/service.h"
#include "domains/tracking/service.h"

namespace treadle::mlflow {

void add_experiment_routes(Routes& routes, tracking::Service& tracking);
void add_run_routes(Routes& routes, tracking::Service& tracking);
void add_log_routes(Routes& routes, tracking::Service& tracking);
void add_logged_model_routes(net::Router& router, Routes& routes, tracking::Service& tracking);
void add_artifact_routes(net::Router& router, Routes& routes, tracking::Service& tracking, registry::Service& registry);
void add_transfer_routes(net::Router& router, tracking::Service& tracking);
void add_server_info_routes(net::Router& router);
// After all the others, whose calls it makes.
void add_graphql_routes(net::Router& router, const Routes& routes);
void add_registered_model_routes(Routes& routes, registry::Service& registry);
void add_model_version_routes(Routes& routes, registry::Service& registry, tracking::Service& tracking);

}  // namespace treadle::mlflow
