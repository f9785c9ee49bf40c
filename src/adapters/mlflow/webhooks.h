// MLflow's six webhook endpoints.
#pragma once

#include "domains/webhooks/service.h"
#include "net/router.h"

namespace treadle::mlflow {

void add_webhook_routes(net::Router& router, webhooks::Service& webhooks);

}  // namespace treadle::mlflow
