// KFP's forms of our records.
#pragma once

#include "domains/pipelines/types.h"
#include "domains/tracking/types.h"
#include "net/http.h"

namespace treadle::kfp {

// MLflow's tag for an experiment's description, which is KFP's too.
inline constexpr const char* kExperimentNote = "mlflow.note.content";
Json experiment_json(const tracking::Experiment& experiment);
// `tasks` and `spec` only for a single run.
Json run_json(const pipelines::Run& run, const std::vector<pipelines::Task>* tasks, const Json* spec);
Json pipeline_json(const pipelines::Pipeline& pipeline);
// With the spec when the version has it.
Json version_json(const pipelines::PipelineVersion& version);
// {"error","code","message","details"} with gRPC's code numbers.
net::Response error(const Status& status);

}  // namespace treadle::kfp
