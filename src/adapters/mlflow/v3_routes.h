// Routes that MLflow has only in version 3.0 of its API.
#pragma once

#include "adapters/mlflow/protocol.h"

namespace treadle::mlflow {

// Adds a route under /api/3.0/mlflow and, for browsers, under /ajax-api/3.0/mlflow; what `schema` says of the
// arguments holds when `call` sees them.
void add_v3_route(net::Router& router, net::Method method, std::string_view path, const Schema& schema,
                  std::uint64_t max_body, const Call& call);

}  // namespace treadle::mlflow
