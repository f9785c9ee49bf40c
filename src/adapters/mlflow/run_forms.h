// How MLflow writes a run.
#pragma once

#include "adapters/mlflow/protocol.h"
#include "domains/tracking/metric_points.h"

namespace treadle::mlflow {

Json run_info(const tracking::Run& run);
// {"info": …, "data": …, "inputs": …, "outputs": {}}
Json run_form(const tracking::Run& run);
Json metric_form(const tracking::Metric& metric);
Json point_form(const std::string& key, const tracking::Point& point);

}  // namespace treadle::mlflow
