#include "adapters/oip/errors.h"

#include "base/json_writer.h"

namespace treadle::oip {
namespace {

std::string_view scoring_code(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
      return "BAD_REQUEST";
    case StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case StatusCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case StatusCode::kNotFound:
      return "RESOURCE_DOES_NOT_EXIST";
    case StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case StatusCode::kUnimplemented:
      return "NOT_IMPLEMENTED";
    case StatusCode::kUnavailable:
      return "TEMPORARILY_UNAVAILABLE";
    default:
      return "INTERNAL_ERROR";
  }
}

// A request over its limit is too large; nothing here limits how often one may ask.
int wire_status(StatusCode code) { return code == StatusCode::kResourceExhausted ? 413 : net::http_status(code); }

}  // namespace

net::Response v2_error(const Status& status) {
  JsonWriter json;
  json.begin_object();
  json.field("error", std::string_view(status.message()));
  json.end_object();
  return net::Response::json_text(json.take(), wire_status(status.code()));
}

net::Response scoring_error(const Status& status) {
  JsonWriter json;
  json.begin_object();
  json.field("error_code", scoring_code(status.code()));
  json.field("message", std::string_view(status.message()));
  json.end_object();
  return net::Response::json_text(json.take(), wire_status(status.code()));
}

}  // namespace treadle::oip
