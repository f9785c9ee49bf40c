// The route groups, one file each.
#pragma once

#include "adapters/mlflow/protocol.h"
#include "domains/registry/service.h"
#include "domains/tracking/service.h"

namespace treadle::mlflow {

void add_experiment_routes(Routes& routes, tracking::Service& tracking);
void add_run_routes(Routes& routes, tracking::Service& tracking);
void add_log_routes(Routes& routes, tracking::Service& tracking);
void add_logged_model_routes(Routes& routes, tracking::Service& tracking);
void add_artifact_routes(net::Router& router, Routes& routes, tracking::Service& tracking);
void add_registered_model_routes(Routes& routes, registry::Service& registry);
void add_model_version_routes(Routes& routes, registry::Service& registry);

// The direct children of a folder as MLflow's FileInfo; paths are told as under `shown`.
StatusOr<Json> list_files(const blob::BlobStore& blobs, const std::string& folder, const std::string& shown);

}  // namespace treadle::mlflow
