// GET /api/v1/why?prediction_id=…: what produced one prediction, back to the raw rows and the commit.
#pragma once

#include <memory>
#include <string>

#include "domains/lineage/graph.h"
#include "domains/monitoring/service.h"
#include "domains/registry/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

// What only the pipelines know of a run.
struct RunOrigins {
  Json pipeline_run;           // {id, name, pipeline, parameters, code}; null when it was not a pipeline's
  Json steps = Json::array();  // [{name, component, state, sha256 of outputs}]
};
// The app fills these in from the domains that this adapter does not see.
class WhySources {
 public:
  virtual ~WhySources() = default;
  virtual StatusOr<RunOrigins> run(const std::string& run_id) = 0;
  // {"raw_rows": [the input rows that its features were made of], "raw_source": the file they come from}
  virtual StatusOr<Json> raw_rows(const monitoring::LoggedPrediction& prediction) = 0;
  // {name, since_ms, reason, run_id}: how the version that predicted came to be deployed.
  virtual StatusOr<Json> deployment(const monitoring::LoggedPrediction& prediction) = 0;
};

void add_why_routes(net::Router& router, monitoring::Service& monitoring, registry::Service& registry,
                    tracking::Service& tracking, lineage::Graph& graph, std::unique_ptr<WhySources> sources);

}  // namespace treadle::native
