#include "adapters/mlflow/protocol.h"

#include <cmath>

#include "base/strings.h"

namespace treadle::mlflow {
namespace {

struct WireError {
  std::string_view code;
  int status;
};

WireError wire_error(StatusCode code) {
  switch (code) {
    case StatusCode::kNotFound:
      return {"RESOURCE_DOES_NOT_EXIST", 404};
    case StatusCode::kAlreadyExists:
      return {"RESOURCE_ALREADY_EXISTS", 400};
    case StatusCode::kInvalidArgument:
      return {"INVALID_PARAMETER_VALUE", 400};
    case StatusCode::kFailedPrecondition:
    case StatusCode::kAborted:
      return {"INVALID_STATE", 400};
    case StatusCode::kUnauthenticated:
      return {"UNAUTHENTICATED", 401};
    case StatusCode::kPermissionDenied:
      return {"PERMISSION_DENIED", 403};
    case StatusCode::kResourceExhausted:
      return {"REQUEST_LIMIT_EXCEEDED", 429};
    case StatusCode::kUnimplemented:
      return {"NOT_IMPLEMENTED", 501};
    case StatusCode::kUnavailable:
      return {"TEMPORARILY_UNAVAILABLE", 503};
    default:
      return {"INTERNAL_ERROR", 500};
  }
}

constexpr std::uint64_t kMaxBody = 64u << 20;

}  // namespace

net::Response error_response(const Status& status) {
  const WireError error = wire_error(status.code());
  return net::Response::json({{"error_code", error.code}, {"message", status.message()}}, error.status);
}

StatusOr<Json> arguments(const net::Request& request) {
  if (request.method != net::Method::kGet) return request.json();
  Json object = Json::object();
  for (const auto& [name, value] : request.query.pairs()) {
    Json& place = object[name];
    if (place.is_null())
      place = value;
    else if (place.is_array())
      place.push_back(value);
    else
      place = Json::array({place, value});
  }
  return object;
}

void Routes::add(net::Method method, std::string_view path, const Call& call) {
  for (const char* prefix : {"/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"}) {
    router_.add(method, str_cat(prefix, path),
                [call](net::Request& request) {
                  auto given = arguments(request);
                  if (!given.ok()) return error_response(given.status());
                  for (const auto& [name, value] : request.path_params) (*given)[name] = value;
                  const auto answer = call(*given);
                  return answer.ok() ? net::Response::json(*answer) : error_response(answer.status());
                },
                {.max_body = kMaxBody});
  }
}

StatusOr<tracking::Tags> read_tags(const Json& arguments, std::string_view field) {
  tracking::Tags tags;
  ASSIGN_OR_RETURN(const Json* list, optional_array(arguments, field));
  if (list == nullptr) return tags;
  for (const Json& item : *list) {
    ASSIGN_OR_RETURN(std::string key, required_string(item, "key"));
    ASSIGN_OR_RETURN(std::string value, optional_string(item, "value"));
    tags.emplace_back(std::move(key), std::move(value));
  }
  return tags;
}

Json tags_form(const tracking::Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"key", key}, {"value", value}});
  return list;
}

StatusOr<std::vector<std::string>> read_strings(const Json& arguments, std::string_view field) {
  std::vector<std::string> strings;
  const auto it = arguments.find(field);
  if (it == arguments.end() || it->is_null()) return strings;
  if (it->is_string()) return std::vector<std::string>{it->get<std::string>()};
  if (!it->is_array()) return invalid_field(field, "must be an array of strings");
  for (const Json& item : *it) {
    if (!item.is_string()) return invalid_field(field, "must be an array of strings");
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

StatusOr<std::int64_t> page_offset(const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string token, optional_string(arguments, "page_token"));
  if (token.empty()) return 0;
  const auto offset = parse_int(token);
  if (!offset || *offset < 0) return invalid_field("page_token", "is not one this server gave out");
  return *offset;
}

StatusOr<std::int64_t> page_limit(const Json& arguments, std::int64_t fallback, std::int64_t most) {
  ASSIGN_OR_RETURN(const std::int64_t limit, optional_int(arguments, "max_results", fallback));
  if (limit < 1 || limit > most) {
    return invalid_field("max_results", "Invalid value ", limit,
                         " for parameter 'max_results' supplied: must be from 1 to ", most);
  }
  return limit;
}

Json number_form(double value) { return std::isnan(value) ? Json("NaN") : Json(value); }

}  // namespace treadle::mlflow
