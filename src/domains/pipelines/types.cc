#include "domains/pipelines/types.h"

#include <array>

#include "base/ids.h"

namespace treadle::pipelines {
namespace {
constexpr std::array<std::string_view, 5> kRunStates = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED"};
constexpr std::array<std::string_view, 7> kTaskStates = {"PENDING", "RUNNING", "SUCCEEDED", "CACHED",
                                                         "SKIPPED", "FAILED",  "CANCELED"};
}  // namespace

std::string_view to_string(RunState state) { return kRunStates[static_cast<std::size_t>(state)]; }
std::string_view to_string(TaskState state) { return kTaskStates[static_cast<std::size_t>(state)]; }

std::optional<RunState> parse_run_state(std::string_view text) {
  for (std::size_t i = 0; i < kRunStates.size(); ++i) {
    if (kRunStates[i] == text) return static_cast<RunState>(i);
  }
  return std::nullopt;
}

std::optional<TaskState> parse_task_state(std::string_view text) {
  for (std::size_t i = 0; i < kTaskStates.size(); ++i) {
    if (kTaskStates[i] == text) return static_cast<TaskState>(i);
  }
  return std::nullopt;
}

std::string Run::tracking_id() const { return uuid_to_hex(id); }

}  // namespace treadle::pipelines
