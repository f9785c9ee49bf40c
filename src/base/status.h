// Errors are values. Every fallible function in Treadle returns Status or StatusOr<T>.
//
//   StatusOr<Run> run = store.get(id);
//   ASSIGN_OR_RETURN(const Run run, store.get(id));
//   return invalid_field("max_results", "must be between 1 and 50000, got ", n);
//
// A message says what was wrong, where, and what would be right. The code decides the status on the wire.
// The shape is Abseil's; docs/adr/0002 says why the code is ours (Debian's Abseil is built without std::string_view).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/strings.h"

namespace treadle {

enum class StatusCode {
  kOk,
  kInvalidArgument,     // 400: the input is wrong whatever the state
  kUnauthenticated,     // 401
  kPermissionDenied,    // 403
  kNotFound,            // 404
  kAlreadyExists,       // 409
  kFailedPrecondition,  // 409: the state forbids it
  kAborted,             // 409: a gate or a concurrent change refused it
  kResourceExhausted,   // 413 or 429: over a limit
  kCancelled,           // 499: the caller went away
  kUnimplemented,       // 501
  kUnavailable,         // 503: try again later
  kDeadlineExceeded,    // 504
  kDataLoss,            // 500: stored content does not match its hash
  kInternal,            // 500
};

// "INVALID_ARGUMENT" and so on.
std::string_view to_string(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message, std::string field = "")
      : error_(code == StatusCode::kOk ? nullptr
                                       : std::make_unique<Error>(Error{code, std::move(message), std::move(field)})) {}
  Status(const Status& other) : error_(other.error_ ? std::make_unique<Error>(*other.error_) : nullptr) {}
  Status(Status&&) noexcept = default;
  Status& operator=(const Status& other) {
    error_ = other.error_ ? std::make_unique<Error>(*other.error_) : nullptr;
    return *this;
  }
  Status& operator=(Status&&) noexcept = default;

  bool ok() const { return error_ == nullptr; }
  StatusCode code() const { return error_ ? error_->code : StatusCode::kOk; }
  const std::string& message() const;
  // The input field the error is about; empty when it is about none.
  const std::string& field() const;
  // "NOT_FOUND: run 42 does not exist"
  std::string to_string() const;

 private:
  struct Error {
    StatusCode code;
    std::string message;
    std::string field;
  };
  std::unique_ptr<Error> error_;  // null when ok, so that success costs nothing
};

inline Status ok_status() { return {}; }

template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(Status status) : state_(std::move(status)) {}  // NOLINT(google-explicit-constructor): return not_found(…)
  template <typename U = T>
  requires(std::convertible_to<U&&, T> && !std::same_as<std::remove_cvref_t<U>, Status> &&
           !std::same_as<std::remove_cvref_t<U>, StatusOr>) StatusOr(U&& value)
      : state_(std::in_place_index<1>, std::forward<U>(value)) {}  // NOLINT: return value

  bool ok() const { return state_.index() == 1; }
  Status status() const { return ok() ? Status() : std::get<0>(state_); }
  // Only when ok().
  T& value() & { return std::get<1>(state_); }
  const T& value() const& { return std::get<1>(state_); }
  T&& value() && { return std::get<1>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T fallback) const& { return ok() ? value() : std::move(fallback); }

 private:
  std::variant<Status, T> state_;
};

template <typename... Parts>
Status invalid(const Parts&... parts) {
  return {StatusCode::kInvalidArgument, str_cat(parts...)};
}
// About one named input field: the message becomes "max_results: must be …".
template <typename... Parts>
Status invalid_field(std::string_view field, const Parts&... parts) {
  return {StatusCode::kInvalidArgument, str_cat(field, ": ", parts...), std::string(field)};
}
template <typename... Parts>
Status not_found(const Parts&... parts) {
  return {StatusCode::kNotFound, str_cat(parts...)};
}
template <typename... Parts>
Status already_exists(const Parts&... parts) {
  return {StatusCode::kAlreadyExists, str_cat(parts...)};
}
template <typename... Parts>
Status failed_precondition(const Parts&... parts) {
  return {StatusCode::kFailedPrecondition, str_cat(parts...)};
}
template <typename... Parts>
Status resource_exhausted(const Parts&... parts) {
  return {StatusCode::kResourceExhausted, str_cat(parts...)};
}
template <typename... Parts>
Status unavailable(const Parts&... parts) {
  return {StatusCode::kUnavailable, str_cat(parts...)};
}
template <typename... Parts>
Status unimplemented(const Parts&... parts) {
  return {StatusCode::kUnimplemented, str_cat(parts...)};
}
template <typename... Parts>
Status internal_error(const Parts&... parts) {
  return {StatusCode::kInternal, str_cat(parts...)};
}

// The same status with `context` and ": " put before its message.
Status with_context(const Status& status, std::string_view context);

namespace detail {
inline Status as_status(Status status) { return status; }
template <typename T>
Status as_status(const StatusOr<T>& status) {
  return status.status();
}
}  // namespace detail

}  // namespace treadle

#define TREADLE_CONCAT_INNER(a, b) a##b
#define TREADLE_CONCAT(a, b) TREADLE_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                                                                 \
  do {                                                                                        \
    auto&& treadle_status = (expr);                                                           \
    if (!treadle_status.ok()) return ::treadle::detail::as_status(std::move(treadle_status)); \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_IMPL(TREADLE_CONCAT(treadle_result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(result, lhs, expr) \
  auto result = (expr);                          \
  if (!result.ok()) return result.status();      \
  lhs = std::move(result).value()
