// /healthz, /readyz and /api/v1/status: is it alive, can it work, what is it doing.
#pragma once

#include <atomic>
#include <functional>

#include "base/json.h"
#include "net/router.h"

namespace treadle::app {

// `ready` is asked per request. `overview` fills the parts of the status that the domains know; called on a worker.
void add_status_routes(net::Router& router, std::function<bool()> ready, std::function<StatusOr<Json>()> overview);

// Resident memory of this process in bytes.
std::int64_t resident_bytes();

}  // namespace treadle::app
