// The native API over the registry: /api/v1/models.
#pragma once

#include "domains/registry/service.h"
#include "net/router.h"

namespace treadle::native {

void add_registry_routes(net::Router& router, registry::Service& registry, tracking::Service& tracking);

}  // namespace treadle::native
