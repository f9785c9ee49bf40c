// Users, their permissions and tokens; only there with access control on.
#pragma once

#include "domains/auth/service.h"
#include "net/router.h"

namespace treadle::native {

void add_user_routes(net::Router& router, auth::Service& auth);

}  // namespace treadle::native
