// /api/v1/experiments: list, create, look at, rename, tag, delete and restore.
#pragma once

#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

void add_experiment_routes(net::Router& router, tracking::Service& tracking);

}  // namespace treadle::native
