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

}  // namespace treadle::executors
