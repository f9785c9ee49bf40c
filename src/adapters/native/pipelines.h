// /api/v1/pipelines and /api/v1/pipeline-runs.
#pragma once

#include "domains/pipelines/service.h"
#include "net/router.h"

namespace treadle::native {

void add_pipeline_routes(net::Router& router, pipelines::Service& pipelines);

}  // namespace treadle::native
