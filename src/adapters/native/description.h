// GET /api/v1/openapi.yaml: docs/openapi.yaml as it was when this program was built.
#pragma once

#include "net/router.h"

namespace treadle::native {

void add_description_routes(net::Router& router);

}  // namespace treadle::native
