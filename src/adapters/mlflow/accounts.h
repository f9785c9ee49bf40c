// The endpoints of MLflow's basic-auth app, as mlflow.server.auth.client calls them; only there with access control on.
#pragma once

#include "domains/auth/service.h"
#include "net/router.h"

namespace treadle::mlflow {

void add_account_routes(net::Router& router, auth::Service& auth);

// Routes below /api/VERSION/mlflow and /ajax-api/VERSION/mlflow that know who asks.
using CallAs = std::function<StatusOr<Json>(const net::Request& request, const Json& arguments)>;
void add_as(net::Router& router, net::Method method, std::string_view version, std::string_view path,
            const CallAs& call);
StatusOr<std::string> required_parameter(const Json& arguments, std::string_view name);
StatusOr<auth::Permission> permission_of(const Json& arguments);

void add_permission_routes(net::Router& router, auth::Service& auth);

}  // namespace treadle::mlflow
