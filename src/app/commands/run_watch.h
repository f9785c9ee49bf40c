// Following a pipeline run until it ends, for `treadle run` and the demo.
#pragma once

#include <string>

#include "app/cli/io.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app {

// Waits on the server's event stream (no polling of the run), shows which steps run, and returns the finished run.
StatusOr<Json> watch_run(net::Client& client, const std::string& run_id, Io& io);
// ok for a run that succeeded, else an error that carries the run's own.
Status run_outcome(const Json& run);
void print_tasks(const Json& run, Io& io);

}  // namespace treadle::app
