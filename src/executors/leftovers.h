// Finds what a step started by the mark in its environment, whatever process group or parent it has by now.
#pragma once

#include <filesystem>

namespace treadle::executors {

// The variable that every step has and that its children inherit: its working directory.
inline constexpr const char* kStepMark = "TREADLE_STEP_FOLDER";

// Kills every process that carries the mark of the step in `directory` and returns when none is left. Not found: one
// that cleared its environment, or runs as a user whose processes we may not look at.
void end_processes_of(const std::filesystem::path& directory);

}  // namespace treadle::executors
