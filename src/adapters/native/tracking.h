// The native API over tracking: /api/v1/experiments, /api/v1/runs and their artifacts.
#pragma once

#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

void add_tracking_routes(net::Router& router, tracking::Service& tracking);

}  // namespace treadle::native
