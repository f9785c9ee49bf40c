// Where a step runs. The engine decides what to run; an executor runs one program to its end and says how it ended.
//
//   ProcessExecutor executor;
//   ASSIGN_OR_RETURN(const StepResult result, executor.run(spec, stop_token));
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace treadle::executors {

struct StepSpec {
  // argv. "treadle" as its first word is this very program, whatever PATH says.
  std::vector<std::string> command;
  // All that the step sees besides the base: PATH, HOME and TMPDIR (the working directory), LANG.
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path directory;  // working directory; must exist
  std::filesystem::path log;        // standard output and error are appended here
  std::uint64_t log_limit = 64u << 20;
  std::uint64_t memory_limit = 0;                // address space in bytes; 0 is unlimited
  std::chrono::milliseconds timeout{3'600'000};  // then SIGTERM, and SIGKILL after `grace`
  std::chrono::milliseconds grace{5'000};
};

struct StepResult {
  int exit_code = 0;  // 128 + signal when a signal ended it
  int signal = 0;
  bool timed_out = false;
  bool cancelled = false;
  std::string last_output;  // the end of the log, at most 2 KiB, for error messages
};

class Executor {
 public:
  virtual ~Executor() = default;
  // Blocks until the step and everything it started are gone. An error means that it could not be started at all. A
  // requested stop ends the step as a timeout does. Thread-safe.
  virtual StatusOr<StepResult> run(const StepSpec& spec, const std::stop_token& stop) = 0;
  // After a crash of the server: ends what an earlier server's run() left running in `directory`, if anything.
  virtual void end_leftover(const std::filesystem::path& directory) = 0;
};

}  // namespace treadle::executors
