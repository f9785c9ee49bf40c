// A server in a process of its own, for `treadle up --background` and the demo.
#pragma once

#include "app/config.h"
#include "app/data_dir.h"

namespace treadle::app {

// Starts this binary as a server on `data`, its output going to data/server.log, and returns once it answers /readyz.
// A server that ends early is an error with its last lines.
StatusOr<ServerNote> start_in_background(const Config& config, const DataDir& data);
// SIGTERM, then waits until the lock is free (at most a minute).
Status stop_in_background(const ServerNote& note, const DataDir& data);

}  // namespace treadle::app
