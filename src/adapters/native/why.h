// GET /api/v1/why?prediction_id=…: what produced one prediction, back to the raw rows and the commit.
#pragma once

#include <functional>
#include <string>

#include "domains/lineage/graph.h"
#include "domains/monitoring/service.h"
#include "domains/registry/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

// What only the pipelines know of the run that predicted; the app fills it.
struct RunOrigins {
  Json pipeline_run;              // {id, name, pipeline, …}; null when it was not a pipeline's
  Json steps = Json::array();     // [{name, component, state, sha256 of outputs}]
  Json raw_rows = Json::array();  // the input rows that the features of this prediction were made of
};
using FindOrigins = std::function<StatusOr<RunOrigins>(const monitoring::LoggedPrediction&)>;

void add_why_routes(net::Router& router, monitoring::Service& monitoring, registry::Service& registry,
                    tracking::Service& tracking, lineage::Graph& graph, FindOrigins find_origins);

}  // namespace treadle::native
