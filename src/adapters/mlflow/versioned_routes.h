// Routes that lie in one version of MLflow's API, "2.0" or "3.0".
#pragma once

#include "adapters/mlflow/protocol.h"

namespace treadle::mlflow {

// Adds a route under /api/VERSION/mlflow and, for browsers, under /ajax-api/VERSION/mlflow; what `schema` says of the
// arguments holds when `call` sees them.
void add_versioned_route(net::Router& router, net::Method method, std::string_view version, std::string_view path,
                         const Schema& schema, std::uint64_t max_body, const Call& call);

}  // namespace treadle::mlflow
