// The serving protocols over HTTP: Open Inference Protocol V2, MLflow's scoring server, KServe V1. Their "model" is our
// deployment.
#pragma once

#include "domains/serving/service.h"
#include "net/router.h"

namespace treadle::oip {

// Everything below.
void add_routes(net::Router& router, serving::Service& serving);

void add_v2_routes(net::Router& router, serving::Service& serving);             // v2.cc
void add_v2_infer_routes(net::Router& router, serving::Service& serving);       // v2_infer.cc
void add_v2_repository_routes(net::Router& router, serving::Service& serving);  // v2_repository.cc
void add_kserve_v1_routes(net::Router& router, serving::Service& serving);      // kserve_v1.cc
void add_scoring_routes(net::Router& router, serving::Service& serving);        // scoring.cc

// Bytes of one inference request: as much as tritonclient's gRPC side allows by default elsewhere.
inline constexpr std::uint64_t kMaxInferBody = 64u << 20;
// Below this a request takes microseconds, so it is answered on the I/O thread.
inline constexpr std::size_t kInlineBody = 16u << 10;

}  // namespace treadle::oip
