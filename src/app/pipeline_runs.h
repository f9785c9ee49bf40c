// What automation and `why` need of pipelines, out of the pipeline service.
#pragma once

#include "adapters/native/why.h"
#include "domains/automation/pipeline_launcher.h"
#include "domains/pipelines/service.h"

namespace treadle::app {

class PipelineRuns final : public automation::PipelineLauncher {
 public:
  explicit PipelineRuns(pipelines::Service& pipelines) : pipelines_(pipelines) {}
  Status launch(const std::string& run_id, const automation::Action& action, const std::string& run_name) override;
  // A finished run's outcome is "promoted" when it deployed a model, else "refused" or its error.
  StatusOr<automation::RunProgress> progress(const std::string& run_id) override;

 private:
  pipelines::Service& pipelines_;
};

// The run that predicted and its steps.
StatusOr<native::RunOrigins> find_origins(pipelines::Service& pipelines,
                                          const monitoring::LoggedPrediction& prediction);

}  // namespace treadle::app
