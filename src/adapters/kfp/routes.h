// Kubeflow Pipelines' REST API v2beta1, as its Python client speaks it: experiments and runs. KFP's experiments are
// tracking's experiments.
#pragma once

#include "domains/pipelines/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::kfp {

void add_routes(net::Router& router, pipelines::Service& pipelines, tracking::Service& tracking);

}  // namespace treadle::kfp
