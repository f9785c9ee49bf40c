// The native API over monitoring: truths, forecast, performance, drift and reports of a deployment, rules, alerts.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "domains/monitoring/service.h"
#include "net/router.h"

namespace treadle::native {

// Which run an alert started, by "alert/ID"; automation knows.
using RunsOfAlerts = std::function<StatusOr<std::map<std::string, std::string>>()>;

void add_monitoring_routes(net::Router& router, monitoring::Service& monitoring, RunsOfAlerts runs_of_alerts);

}  // namespace treadle::native
