// The native API over automation: triggers and their firings.
#pragma once

#include <map>
#include <string>

#include "domains/automation/service.h"
#include "net/router.h"

namespace treadle::native {

void add_automation_routes(net::Router& router, automation::Service& automation);

// "alert/ID" -> the run that it started, for the monitoring routes.
StatusOr<std::map<std::string, std::string>> runs_of_alerts(automation::Service& automation);

}  // namespace treadle::native
