// How MLflow writes a run.
#pragma once

#include "adapters/mlflow/protocol.h"

namespace treadle::mlflow {

Json run_info(const tracking::Run& run);
// {"info": …, "data": …, "inputs": …, "outputs": {}}
Json run_form(const tracking::Run& run);
Json metric_form(const tracking::Metric& metric);

}  // namespace treadle::mlflow
