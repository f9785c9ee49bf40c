// The native API over traces: /api/v1/traces.
#pragma once

#include "domains/traces/service.h"
#include "net/router.h"

namespace treadle::native {

void add_trace_routes(net::Router& router, traces::Service& traces);

}  // namespace treadle::native
