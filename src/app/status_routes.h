// /healthz, /readyz and /api/v1/status: is it alive, can it work, what is it doing.
#pragma once

#include <atomic>
#include <functional>

#include "base/json.h"
#include "net/router.h"

namespace treadle::app {

// `ready` is asked per request. `overview` fills the parts of the status that the domains know; called on a worker.
void add_status_routes(net::Router& router, std::function<bool()> ready, std::function<StatusOr<Json>()> overview);

// {"memory_peak_bytes","step_memory_peak_bytes"}: the most that was resident in this process, and in the largest of the
// steps it ran (which begins as a fork of this process, so it is never less than that was then).
Json memory_peaks();
// Resident memory of this process in bytes.
std::int64_t resident_bytes();

}  // namespace treadle::app
