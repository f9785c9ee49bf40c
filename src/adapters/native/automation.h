// The native API over automation: triggers and their firings.
#pragma once

#include "domains/automation/service.h"
#include "net/router.h"

namespace treadle::native {

void add_automation_routes(net::Router& router, automation::Service& automation);

}  // namespace treadle::native
