// KFP's forms of our records.
#pragma once

#include "domains/pipelines/types.h"
#include "domains/tracking/types.h"
#include "net/http.h"

namespace treadle::kfp {

Json experiment_json(const tracking::Experiment& experiment);
// `tasks` and `spec` only for a single run.
Json run_json(const pipelines::Run& run, const std::vector<pipelines::Task>* tasks, const Json* spec);
// {"error","code","message","details"} with gRPC's code numbers.
net::Response error(const Status& status);

}  // namespace treadle::kfp
