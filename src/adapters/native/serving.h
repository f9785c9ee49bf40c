// /api/v1/deployments: what serves, moving it to another version, predictions that are logged before they are answered.
#pragma once

#include "domains/serving/service.h"
#include "net/router.h"

namespace treadle::native {

void add_serving_routes(net::Router& router, serving::Service& serving);

}  // namespace treadle::native
