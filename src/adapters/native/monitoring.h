// The native API over monitoring: truths, forecast, performance, drift and reports of a deployment, rules, alerts.
#pragma once

#include "domains/automation/service.h"
#include "domains/monitoring/service.h"
#include "net/router.h"

namespace treadle::native {

// `automation` tells which run an alert started.
void add_monitoring_routes(net::Router& router, monitoring::Service& monitoring, automation::Service& automation);

}  // namespace treadle::native
