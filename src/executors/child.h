// The fork of a step: everything is prepared before, so that the child makes only async-signal-safe calls.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/files.h"
#include "executors/executor.h"

namespace treadle::executors {

struct Child {
  pid_t pid = -1;
  FileDescriptor output;  // its standard output and error
  FileDescriptor pidfd;   // readable when it ended
};

// kInvalidArgument when the program cannot be started (not found, not executable).
StatusOr<Child> spawn(const StepSpec& spec, const std::filesystem::path& self);

// When a process started, in clock ticks since boot; 0 when there is none of that id. With the id it names one process.
long long start_time(pid_t pid);

}  // namespace treadle::executors
