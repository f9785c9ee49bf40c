// What a run was made with, as one record: code, environment, data, params, seed, host, user.
#pragma once

#include "base/json.h"
#include "domains/pipelines/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::native {

// {run_id, user, host, seed, code, environment, data, params, pipeline}: from the tags and files that MLflow's clients
// send, and from what the server notes of the pipelines it runs. What nobody recorded is null or empty.
StatusOr<Json> provenance_of(tracking::Service& tracking, pipelines::Service& pipelines, const std::string& run_id);

void add_provenance_routes(net::Router& router, tracking::Service& tracking, pipelines::Service& pipelines);

}  // namespace treadle::native
