// GET /api/v1/runs/{id}/metrics:tail: a run's points as server-sent events while they are logged.
#pragma once

#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

void add_metric_tail_route(net::Router& router, tracking::Service& tracking);

}  // namespace treadle::native
