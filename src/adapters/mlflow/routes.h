// MLflow's REST API (as its 3.x client uses it) over tracking and the registry; `mlflow.set_tracking_uri(url)` is all a
// client needs. Groups that are not here answer 404 in MLflow's form.
#pragma once

#include "domains/registry/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::mlflow {

void add_routes(net::Router& router, tracking::Service& tracking, registry::Service& registry);

}  // namespace treadle::mlflow
