// Following a pipeline run until it ends, for `treadle run` and the demo.
#pragma once

#include <string>

#include "app/cli/io.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app {

// Where the event log ends now: look at things after this, and next_event() misses nothing that changes them.
StatusOr<std::int64_t> newest_event(net::Client& client);
// Returns when an event after `after` whose data holds `about` has come, or a minute later.
Status next_event(net::Client& client, std::int64_t after, std::string_view about);

// Waits on the server's event stream (no polling of the run), shows which steps run, and returns the finished run.
StatusOr<Json> watch_run(net::Client& client, const std::string& run_id, Io& io);
// ok for a run that succeeded, else an error that carries the run's own.
Status run_outcome(const Json& run);
void print_tasks(const Json& run, Io& io);

}  // namespace treadle::app
