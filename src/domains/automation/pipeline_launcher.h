// The little that automation needs of pipelines. The app adapts the pipeline service to it; tests use a fake.
#pragma once

#include <string>

#include "base/status.h"
#include "domains/automation/types.h"

namespace treadle::automation {

struct RunProgress {
  FiringState state = FiringState::kRunning;  // kRunning, kSucceeded, kFailed or kCanceled
  std::string outcome;                        // of a finished run: "promoted", "refused", the error
};

class PipelineLauncher {
 public:
  virtual ~PipelineLauncher() = default;
  // Submits the pipeline as the run `run_id`. Asked again for the same id it must answer ok and start nothing more:
  // that is what makes a firing happen exactly once. kUnavailable is tried again later, any other error is final.
  virtual Status launch(const std::string& run_id, const Action& action, const std::string& run_name) = 0;
  // kNotFound when there is no such run.
  virtual StatusOr<RunProgress> progress(const std::string& run_id) = 0;
};

}  // namespace treadle::automation
