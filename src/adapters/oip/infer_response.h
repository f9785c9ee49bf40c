// Writes a V2 inference response: one FP32 output [rows,1], as JSON or with the binary extension.
#pragma once

#include "adapters/oip/infer_request.h"
#include "net/http.h"

namespace treadle::oip {

net::Response infer_response(const serving::Call& call, const InferOptions& options);

}  // namespace treadle::oip
