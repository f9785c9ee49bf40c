// Reads a V2 inference request (JSON, with or without the binary extension) into a call's features.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "domains/serving/call.h"

namespace treadle::oip {

// What the request asks of its response.
struct InferOptions {
  std::string id;
  std::string content_type;  // the request's `parameters.content_type`, echoed
  bool binary_output = false;
};

// `json_size`: the Inference-Header-Content-Length when it was sent; 0 means a raw request, whose body is one row of
// FP32. Errors: kInvalidArgument that names the input; kResourceExhausted for more rows than fit.
StatusOr<InferOptions> read_infer_request(std::string& body, std::optional<std::size_t> json_size, serving::Call& call);

}  // namespace treadle::oip
