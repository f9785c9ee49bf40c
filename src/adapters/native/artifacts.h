// /api/v1/runs/{id}/artifacts and /api/v1/logged-models/{id}/artifacts: what runs and logged models keep as files.
#pragma once

#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

void add_artifact_routes(net::Router& router, tracking::Service& tracking);

}  // namespace treadle::native
