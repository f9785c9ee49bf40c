// POST /v2/models/{model}/infer: parse -> predict -> encode -> log, without SQL and nearly without allocation.
#include "adapters/oip/errors.h"
#include "adapters/oip/infer_request.h"
#include "adapters/oip/infer_response.h"
#include "adapters/oip/routes.h"

namespace treadle::oip {
namespace {

constexpr std::string_view kHeaderLength = "Inference-Header-Content-Length";

StatusOr<std::optional<std::size_t>> json_size(const net::Request& request) {
  const std::string_view text = request.headers.get(kHeaderLength);
  if (text.empty()) return std::optional<std::size_t>();
  const auto size = parse_int(text);
  if (!size || *size < 0) return invalid_field(kHeaderLength, "must be a number of bytes, got '", text, "'");
  return std::optional<std::size_t>(static_cast<std::size_t>(*size));
}

StatusOr<net::Response> infer(net::Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(serving::Call call, serving.begin(request.param("model"), request.param("version")));
  ASSIGN_OR_RETURN(const auto size, json_size(request));
  ASSIGN_OR_RETURN(const InferOptions options, read_infer_request(request.body, size, call));
  RETURN_IF_ERROR(call.predict());
  net::Response response = infer_response(call, options);
  serving.finish(call, options.id);
  return response;
}

}  // namespace

void add_v2_infer_routes(net::Router& router, serving::Service& serving) {
  const auto handler = [&serving](net::Request& request) {
    StatusOr<net::Response> response = infer(request, serving);
    return response.ok() ? std::move(*response) : v2_error(response.status());
  };
  for (const char* path : {"/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"}) {
    router.add(net::Method::kPost, path, handler, {.max_body = kMaxInferBody, .inline_below = kInlineBody});
  }
}

}  // namespace treadle::oip
