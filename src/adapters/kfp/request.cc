#include "adapters/kfp/request.h"

#include <vector>

#include "adapters/kfp/wire.h"

namespace treadle::kfp {
namespace {

const std::vector<std::string> kOperations = {"OPERATION_UNSPECIFIED", "EQUALS",    "NOT_EQUALS",       "GREATER_THAN",
                                              "GREATER_THAN_EQUALS",   "LESS_THAN", "LESS_THAN_EQUALS", "IN",
                                              "IS_SUBSTRING"};

// Clients send the name or the number.
StatusOr<std::string> operation_of(const Json& predicate) {
  const Json value = predicate.value("operation", Json());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned() && value.get<std::size_t>() < kOperations.size()) {
    return kOperations[value.get<std::size_t>()];
  }
  return invalid_field("filter", "operation must be one of ", join(kOperations, ", "));
}

Status add_predicate(Filter& out, const Json& predicate) {
  if (!predicate.is_object()) return invalid_field("filter", "predicates must be objects");
  ASSIGN_OR_RETURN(const std::string operation, operation_of(predicate));
  ASSIGN_OR_RETURN(const std::string key, required_string(predicate, "key"));
  ASSIGN_OR_RETURN(const std::string value,
                   required_string(predicate, predicate.contains("stringValue") ? "stringValue" : "string_value"));
  const bool named = key == "name" || key == "display_name";
  if (named && operation == "EQUALS") {
    out.name = value;
  } else if (named && operation == "IS_SUBSTRING") {
    out.name_contains = value;
  } else if (key == "state" && operation == "EQUALS") {
    out.state = value;
  } else if (key == "storage_state" && (operation == "EQUALS" || operation == "NOT_EQUALS")) {
    out.archived = (value == "ARCHIVED" || value == "STORAGESTATE_ARCHIVED") == (operation == "EQUALS");
  } else {
    return invalid_field(
        "filter", operation, " on ", key,
        " is not understood here; use EQUALS or IS_SUBSTRING on display_name, EQUALS on state or storage_state");
  }
  return ok_status();
}

}  // namespace

std::string param(const net::Request& request, std::string_view name) { return std::string(request.param(name)); }

StatusOr<Paging> paging(const net::Request& request) {
  Paging out{};
  ASSIGN_OR_RETURN(out.limit, request.query.get_int("page_size", 20, 0, 200));
  if (out.limit == 0) out.limit = 20;
  const std::string_view token = request.query.get("page_token").value_or("");
  const auto offset = token.empty() ? std::optional<std::int64_t>(0) : parse_int(token);
  if (!offset || *offset < 0) return invalid_field("page_token", "is not one that this server gave");
  out.offset = *offset;
  return out;
}

StatusOr<Filter> filter(const net::Request& request) {
  Filter out;
  const std::string_view text = request.query.get("filter").value_or("");
  if (text.empty()) return out;
  const StatusOr<Json> parsed = parse_json_object(text);
  if (!parsed.ok()) return invalid_field("filter", parsed.status().message());
  ASSIGN_OR_RETURN(const Json* const predicates, optional_array(*parsed, "predicates"));
  if (predicates == nullptr) return out;
  for (const Json& predicate : *predicates) RETURN_IF_ERROR(add_predicate(out, predicate));
  return out;
}

net::Handler handle(Operation operation, Services services) {
  return [services, operation](net::Request& request) {
    StatusOr<net::Response> response = operation(request, services);
    return response.ok() ? std::move(*response) : error(response.status());
  };
}

}  // namespace treadle::kfp
