#include "base/status.h"

namespace treadle {
namespace {
const std::string kEmpty;
}

std::string_view to_string(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case StatusCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case StatusCode::kNotFound:
      return "NOT_FOUND";
    case StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case StatusCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case StatusCode::kAborted:
      return "ABORTED";
    case StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case StatusCode::kCancelled:
      return "CANCELLED";
    case StatusCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case StatusCode::kUnavailable:
      return "UNAVAILABLE";
    case StatusCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case StatusCode::kDataLoss:
      return "DATA_LOSS";
    case StatusCode::kInternal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

const std::string& Status::message() const { return error_ ? error_->message : kEmpty; }
const std::string& Status::field() const { return error_ ? error_->field : kEmpty; }

std::string Status::to_string() const {
  return ok() ? "OK" : str_cat(treadle::to_string(error_->code), ": ", error_->message);
}

Status with_context(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return {status.code(), str_cat(context, ": ", status.message()), status.field()};
}

}  // namespace treadle
