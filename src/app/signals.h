// SIGINT and SIGTERM as something to wait for.
#pragma once

#include <csignal>

namespace treadle::app {

class StopSignals {
 public:
  // Blocks both signals in this thread and those it starts later; SIGPIPE is ignored.
  StopSignals();
  // The signal that came.
  int wait() const;

 private:
  sigset_t set_;
};

}  // namespace treadle::app
