// /api/v1/import: taking over records of another store with their ids and times. Every call is safe to repeat.
#pragma once

#include "domains/registry/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

void add_import_routes(net::Router& router, tracking::Service& tracking, registry::Service& registry);

}  // namespace treadle::native
