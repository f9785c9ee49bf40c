// MLflow's endpoints for traces, and the OTLP endpoint that spans come by.
#pragma once

#include "base/json.h"
#include "domains/traces/service.h"
#include "net/router.h"
#include "storage/blob/blob_store.h"

namespace treadle::mlflow {

void add_trace_routes(net::Router& router, traces::Service& traces);
// Downloads (trace_files.cc).
void add_trace_file_routes(net::Router& router, traces::Service& traces, const blob::BlobStore& blobs);

// The answer to a search of `query`'s experiments by what else the call's arguments say.
StatusOr<Json> found_traces(traces::Service& service, traces::Query query, const Json& arguments,
                            Json (*form)(const traces::TraceInfo& info));

// A whole number, or nothing.
StatusOr<std::optional<std::int64_t>> read_number(const Json& arguments, std::string_view field);

// Parts of the above: aggregates (trace_metrics.cc), how often two filters agree (trace_correlation.cc), what clients
// before 3.0 call (traces_v2.cc).
StatusOr<Json> trace_metrics(traces::Service& service, const Json& arguments);
StatusOr<Json> trace_correlation(traces::Service& service, const Json& arguments);
void add_old_trace_routes(net::Router& router, traces::Service& service);

}  // namespace treadle::mlflow
