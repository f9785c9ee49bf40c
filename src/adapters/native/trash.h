// POST /api/v1/trash:purge removes for good what was deleted before a time.
#pragma once

#include "domains/registry/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

void add_trash_routes(net::Router& router, tracking::Service& tracking, registry::Service& registry);

}  // namespace treadle::native
