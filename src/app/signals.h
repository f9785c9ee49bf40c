// SIGINT and SIGTERM as something to wait for.
#pragma once

#include <chrono>
#include <csignal>

namespace treadle::app {

class StopSignals {
 public:
  // Blocks both signals in this thread and those it starts later; SIGPIPE is ignored.
  StopSignals();
  // The signal that came.
  int wait() const;
  // Whether one came within the time.
  bool wait_for(std::chrono::milliseconds time) const;

 private:
  sigset_t set_;
};

}  // namespace treadle::app
