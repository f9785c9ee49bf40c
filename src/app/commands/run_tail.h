// `treadle run tail`: a run's metrics in the terminal while they are logged.
#pragma once

#include "app/cli/command.h"
#include "app/cli/io.h"
#include "base/status.h"

namespace treadle::app {

// Until the run ends. A connection that breaks is made anew and goes on where it was.
Status tail_run(const Args& args, Io& io);

}  // namespace treadle::app
