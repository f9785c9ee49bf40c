// What automation and `why` need of pipelines, out of the pipeline service.
#pragma once

#include "adapters/native/why.h"
#include "domains/automation/pipeline_launcher.h"
#include "domains/pipelines/service.h"
#include "domains/serving/service.h"

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

class PipelineOrigins final : public native::WhySources {
 public:
  PipelineOrigins(pipelines::Service& pipelines, serving::Service& serving)
      : pipelines_(pipelines), serving_(serving) {}
  StatusOr<native::RunOrigins> run(const std::string& run_id) override;
  StatusOr<Json> raw_rows(const monitoring::LoggedPrediction& prediction) override;
  StatusOr<Json> deployment(const monitoring::LoggedPrediction& prediction) override;

 private:
  pipelines::Service& pipelines_;
  serving::Service& serving_;
};

}  // namespace treadle::app
