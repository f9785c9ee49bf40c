// Steps as processes of this machine: each in its own session and process group, with only the environment given,
// limits set, output kept in a bounded log, and killed as a group when its time is over. When the server dies, the
// kernel kills the step (parent-death signal) and end_leftover() kills what the step had started.
#pragma once

#include <filesystem>

#include "executors/executor.h"

namespace treadle::executors {

class ProcessExecutor final : public Executor {
 public:
  // `self`: what "treadle" as a command word means.
  explicit ProcessExecutor(std::filesystem::path self = "/proc/self/exe") : self_(std::move(self)) {}
  StatusOr<StepResult> run(const StepSpec& spec, const std::stop_token& stop) override;
  void end_leftover(const std::filesystem::path& directory) override;

 private:
  std::filesystem::path self_;
};

}  // namespace treadle::executors
