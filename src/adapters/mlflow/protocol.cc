#include "adapters/mlflow/protocol.h"

#include <algorithm>
#include <cmath>

#include "base/disk_full.h"
#include "base/hash.h"
#include "base/strings.h"
#include "net/caller.h"

namespace treadle::mlflow {
namespace {

// How MLflow's clients tell errors apart; what it does not classify has neither state nor class.
struct WireError {
  std::string_view code;
  int status;
  std::string_view sqlstate = {}, error_class = {};
};

WireError wire_error(StatusCode code) {
  switch (code) {
    case StatusCode::kNotFound:
      return {"RESOURCE_DOES_NOT_EXIST", 404, "KAM00", "RESOURCE_NOT_FOUND"};
    case StatusCode::kAlreadyExists:
      return {"RESOURCE_ALREADY_EXISTS", 400, "KAM00", "RESOURCE_ALREADY_EXISTS"};
    case StatusCode::kInvalidArgument:
      return {"INVALID_PARAMETER_VALUE", 400, "KAM00", "INVALID_PARAMETER_VALUE"};
    case StatusCode::kFailedPrecondition:
    case StatusCode::kAborted:
      return {"INVALID_STATE", 400, "XXM00", "CLIENT_INTERNAL_ERROR"};
    case StatusCode::kUnauthenticated:
      return {"UNAUTHENTICATED", 401};
    case StatusCode::kPermissionDenied:
      return {"PERMISSION_DENIED", 403, "KAM00", "PERMISSION_DENIED"};
    case StatusCode::kResourceExhausted:
      return {"REQUEST_LIMIT_EXCEEDED", 429};
    case StatusCode::kUnimplemented:
      return {"NOT_IMPLEMENTED", 501};
    case StatusCode::kUnavailable:
      return {"TEMPORARILY_UNAVAILABLE", 503, "XXM00", "CLIENT_INTERNAL_ERROR"};
    default:
      return {"INTERNAL_ERROR", 500, "XXM00", "CLIENT_INTERNAL_ERROR"};
  }
}

// PostgreSQL holds no NUL in text, so no text of ours has one.
bool holds_nul(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().find('\0') != std::string::npos;
  if (value.is_object()) {
    for (const auto& [key, each] : value.items()) {
      if (key.find('\0') != std::string::npos || holds_nul(each)) return true;
    }
  }
  return value.is_array() && std::any_of(value.begin(), value.end(), holds_nul);
}

Status without_nul(const Json& arguments) {
  if (!arguments.is_object()) return ok_status();
  for (const auto& [name, value] : arguments.items()) {
    if (holds_nul(value)) return invalid_field(name, "text must not contain the character NUL");
  }
  return ok_status();
}

// The body as an object. Old clients sent it as a JSON text within a JSON text.
StatusOr<Json> body_of(const net::Request& request) {
  if (request.body.empty()) return Json::object();
  ASSIGN_OR_RETURN(Json body, parse_json(request.body));
  if (body.is_string()) {
    ASSIGN_OR_RETURN(body, parse_json(body.get<std::string>()));
  }
  if (body.is_null()) return Json::object();
  if (!body.is_object()) return invalid("the body must be a JSON object, got ", body.type_name());
  if (request.body.find("\\u0000") != std::string::npos) RETURN_IF_ERROR(without_nul(body));
  return body;
}

// Tells apart what is asked, whatever page of it: what is empty counts as left out.
std::string mark_of(const Json& arguments) {
  Json asked = Json::object();
  for (const auto& [name, value] : arguments.items()) {
    if (name == "page_token" || name == "max_results" || value.is_null()) continue;
    if (value.is_string() ? value.get_ref<const std::string&>().empty() : value.is_structured() && value.empty())
      continue;
    asked[name] = value;
  }
  return sha256_hex(to_text(asked)).substr(0, 16);
}

// A list becomes a name that is repeated.
std::string query_text(const Json& arguments) {
  std::string text;
  for (const auto& [name, value] : arguments.items()) {
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& each : list) {
      const std::string plain = each.is_string() ? each.get<std::string>() : to_text(each);
      str_append(&text, text.empty() ? "" : "&", net::percent_encode(name), "=", net::percent_encode(plain));
    }
  }
  return text;
}

constexpr std::uint64_t kMaxBody = 64u << 20;
// No token of ours leads further.
constexpr std::int64_t kMaxOffset = 1'000'000'000'000;

}  // namespace

net::Response error_response(const Status& status) {
  // No client of MLflow's tries a 507 again by itself.
  const WireError error = is_disk_full(status) ? WireError{"RESOURCE_EXHAUSTED", 507} : wire_error(status.code());
  Json body = {{"error_code", error.code}, {"message", status.message()}};
  if (!error.sqlstate.empty()) body["sqlstate"] = error.sqlstate;
  if (!error.error_class.empty()) body["error_class"] = error.error_class;
  return net::Response::json(body, error.status);
}

StatusOr<Json> arguments(const net::Request& request, const Schema* schema) {
  if (request.method != net::Method::kGet || request.query.pairs().empty()) {
    ASSIGN_OR_RETURN(Json body, body_of(request));
    for (const auto& [name, value] : request.path_params) body[name] = value;
    if (schema != nullptr) RETURN_IF_ERROR(check_schema(*schema, body));
    return body;
  }
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
  for (const auto& [name, value] : request.path_params) object[name] = value;
  RETURN_IF_ERROR(without_nul(object));
  if (schema != nullptr) {
    RETURN_IF_ERROR(convert_query(*schema, object));
    RETURN_IF_ERROR(check_schema(*schema, object));
  }
  return object;
}

StatusOr<Json> Calls::call(std::string_view path, const Json& arguments, const net::Request& asker) const {
  const auto it = routes_.find(path);
  if (it == routes_.end()) return not_found("this server does not answer ", path);
  const net::Router::Route& route = *it->second;
  net::Request request;
  request.method = route.method;
  request.path = route.pattern;
  request.headers = asker.headers;
  request.id = asker.id;
  request.remote = asker.remote;
  request.user = asker.user;
  if (route.method == net::Method::kGet)
    request.query = net::Query::parse(query_text(arguments));
  else
    request.body = to_text(arguments);
  const net::Response response = route.handler(request);
  const auto* text = std::get_if<std::string>(&response.body);
  ASSIGN_OR_RETURN(Json answer, parse_json(text == nullptr ? std::string_view() : *text));
  if (response.status == 200) return answer;
  return invalid(answer.is_object() ? answer.value("message", "") : *text);
}

void Routes::route(net::Method method, std::string_view path, const TextCall& call) {
  const Schema* schema = schema_of(path);
  for (const char* prefix : {"/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"}) {
    router_.add(method, str_cat(prefix, path),
                [call, schema](net::Request& request) {
                  const auto given = arguments(request, schema);
                  if (!given.ok()) return error_response(given.status());
                  const net::AsCaller acting(request);
                  auto answer = call(*given);
                  return answer.ok() ? net::Response::json_text(*std::move(answer)) : error_response(answer.status());
                },
                {.max_body = kMaxBody});
    calls_->add(path, router_.match(method, str_cat(prefix, path)).route);
  }
}

void Routes::add(net::Method method, std::string_view path, const Call& call) {
  route(method, path, [call](const Json& arguments) -> StatusOr<std::string> {
    ASSIGN_OR_RETURN(const Json answer, call(arguments));
    return to_text(answer);
  });
}

void Routes::add_text(net::Method method, std::string_view path, const TextCall& call) { route(method, path, call); }

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

StatusOr<tracking::Tags> read_map(const Json& owner, std::string_view field) {
  tracking::Tags pairs;
  ASSIGN_OR_RETURN(const Json* object, optional_object(owner, field));
  if (object == nullptr) return pairs;
  for (const auto& [key, value] : object->items()) {
    if (!value.is_string()) return invalid_field(field, "the value of \"", key, "\" must be a string");
    pairs.emplace_back(key, value.get<std::string>());
  }
  return pairs;
}

StatusOr<std::optional<std::string>> read_text(const Json& owner, std::string_view field) {
  const auto it = owner.find(field);
  if (it == owner.end() || it->is_null()) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string text, required_string(owner, field));
  return std::optional(std::move(text));
}

Json map_form(const tracking::Tags& pairs) {
  Json object = Json::object();
  for (const auto& [key, value] : pairs) object[key] = value;
  return object;
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

std::string page_token(const Json& arguments, std::int64_t offset) { return str_cat(offset, ".", mark_of(arguments)); }

StatusOr<std::int64_t> page_offset(const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string token, optional_string(arguments, "page_token"));
  if (token.empty()) return 0;
  const std::size_t dot = token.find('.');
  const auto offset = parse_int(token.substr(0, dot));
  if (!offset || dot == std::string::npos || *offset < 0 || *offset > kMaxOffset)
    return wrong_parameter("page_token", token, "it is not one that this server gave out");
  if (token.substr(dot + 1) != mark_of(arguments))
    return wrong_parameter("page_token", token, "it belongs to another query; leave it out to start at the first page");
  return *offset;
}

StatusOr<std::int64_t> page_limit(const Json& arguments, std::int64_t fallback, std::int64_t most) {
  ASSIGN_OR_RETURN(const std::int64_t limit, optional_int(arguments, "max_results", fallback));
  if (limit < 1 || limit > most) {
    return wrong_parameter("max_results", limit, str_cat("max_results must be between 1 and ", most));
  }
  return limit;
}

Status check_experiment_id(const std::string& id) {
  if (parse_int(id)) return ok_status();
  return invalid("Invalid experiment ID '", std::string_view(id).substr(0, 200),
                 "'. Experiment ID must be a valid integer.");
}

Json number_form(double value) { return std::isnan(value) ? Json("NaN") : Json(value); }

}  // namespace treadle::mlflow
