// How MLflow writes a run.
#pragma once

#include "adapters/mlflow/protocol.h"
#include "base/json_writer.h"
#include "domains/tracking/metric_points.h"

namespace treadle::mlflow {

Json run_info(const tracking::Run& run);
// {"info": …, "data": …, "inputs": …, "outputs": {}}, written straight away: a page holds up to 50,000 runs.
void write_run(JsonWriter& writer, const tracking::Run& run);
// The same as a value.
Json run_form(const tracking::Run& run);
Json metric_form(const tracking::Metric& metric);
Json point_form(const std::string& key, const tracking::Point& point);

}  // namespace treadle::mlflow
