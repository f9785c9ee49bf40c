// OTLP's JSON: names in camel case, ids in hex, 64-bit numbers as texts or numbers.
#include <algorithm>
#include <array>

#include "adapters/mlflow/otlp.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

constexpr int kDeepest = 32;  // values inside values
constexpr std::array<std::string_view, 3> kCodes = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};

// The list of objects `field` of `owner`; a missing one is empty.
StatusOr<const Json*> objects(const Json& owner, std::string_view field) {
  static const Json kNone = Json::array();
  ASSIGN_OR_RETURN(const Json* list, optional_array(owner, field));
  if (list == nullptr) return &kNone;
  for (const Json& item : *list) {
    if (!item.is_object()) return invalid_field(field, "must be a list of objects");
  }
  return list;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

StatusOr<std::string> read_id(const Json& owner, std::string_view field) {
  ASSIGN_OR_RETURN(const std::string text, optional_string(owner, field));
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return invalid_field(field, "must be hex digits, got \"", text.substr(0, 64), "\"");
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  if (text.size() % 2 != 0) return invalid_field(field, "must be an even number of hex digits");
  return bytes;
}

// A number, or one as text.
StatusOr<std::int64_t> read_number(const Json& owner, std::string_view field) {
  const auto it = owner.find(field);
  if (it == owner.end() || it->is_null()) return std::int64_t{0};
  const auto number = it->is_string()           ? parse_int(it->get_ref<const std::string&>())
                      : it->is_number_integer() ? std::optional(it->get<std::int64_t>())
                                                : std::nullopt;
  if (!number) return invalid_field(field, "must be a whole number");
  return *number;
}

// A number, or what it is called: "SPAN_KIND_SERVER".
StatusOr<std::int64_t> read_named(const Json& owner, std::string_view field, const auto& names) {
  if (const auto it = owner.find(field); it != owner.end() && it->is_string()) {
    const auto place = std::find(names.begin(), names.end(), it->get_ref<const std::string&>());
    if (place != names.end()) return place - names.begin();
  }
  return read_number(owner, field);
}

StatusOr<std::int64_t> read_time(const Json& owner, std::string_view field) {
  ASSIGN_OR_RETURN(const std::int64_t time, read_number(owner, field));
  if (time < 0) return invalid_field(field, "must be nanoseconds since 1970");
  return time;
}

StatusOr<Json> read_pairs(const Json& owner, std::string_view field, int depth);

StatusOr<Json> read_value(const Json& value, int depth) {
  if (depth >= kDeepest) return invalid("an attribute's value is nested deeper than ", kDeepest, " levels");
  if (!value.is_object())
    return invalid_field("value", "of an attribute must be an object such as {\"stringValue\": …}");
  if (const auto it = value.find("stringValue"); it != value.end() && it->is_string())
    return Json{{"string_value", *it}};
  if (const auto it = value.find("boolValue"); it != value.end() && it->is_boolean()) return Json{{"bool_value", *it}};
  if (value.contains("intValue")) {
    ASSIGN_OR_RETURN(const std::int64_t number, read_number(value, "intValue"));
    return Json{{"int_value", str_cat(number)}};
  }
  if (const auto it = value.find("doubleValue"); it != value.end() && (it->is_number() || it->is_string()))
    return Json{{"double_value", *it}};
  if (const auto it = value.find("bytesValue"); it != value.end() && it->is_string()) return Json{{"bytes_value", *it}};
  ASSIGN_OR_RETURN(const Json* array, optional_object(value, "arrayValue"));
  if (array != nullptr) {
    Json items = Json::array();
    ASSIGN_OR_RETURN(const Json* values, objects(*array, "values"));
    for (const Json& item : *values) {
      ASSIGN_OR_RETURN(Json read, read_value(item, depth + 1));
      items.push_back(std::move(read));
    }
    return Json{{"array_value", {{"values", std::move(items)}}}};
  }
  ASSIGN_OR_RETURN(const Json* pairs, optional_object(value, "kvlistValue"));
  if (pairs == nullptr) return Json::object();
  ASSIGN_OR_RETURN(Json items, read_pairs(*pairs, "values", depth + 1));
  return Json{{"kvlist_value", {{"values", std::move(items)}}}};
}

StatusOr<Json> read_pairs(const Json& owner, std::string_view field, int depth) {
  Json list = Json::array();
  ASSIGN_OR_RETURN(const Json* pairs, objects(owner, field));
  for (const Json& pair : *pairs) {
    ASSIGN_OR_RETURN(const std::string key, optional_string(pair, "key"));
    const auto value = pair.find("value");
    Json read = Json::object();
    if (value != pair.end()) {
      ASSIGN_OR_RETURN(read, read_value(*value, depth));
    }
    list.push_back({{"key", key}, {"value", std::move(read)}});
  }
  return list;
}

StatusOr<Json> read_events(const Json& span) {
  Json events = Json::array();
  ASSIGN_OR_RETURN(const Json* list, objects(span, "events"));
  for (const Json& event : *list) {
    ASSIGN_OR_RETURN(const std::int64_t time, read_time(event, "timeUnixNano"));
    ASSIGN_OR_RETURN(const std::string name, optional_string(event, "name"));
    ASSIGN_OR_RETURN(Json attributes, read_pairs(event, "attributes", 0));
    events.push_back({{"time_unix_nano", str_cat(time)}, {"name", name}, {"attributes", std::move(attributes)}});
  }
  return events;
}

StatusOr<Json> read_links(const Json& span) {
  Json links = Json::array();
  ASSIGN_OR_RETURN(const Json* list, objects(span, "links"));
  for (const Json& link : *list) {
    ASSIGN_OR_RETURN(const std::string trace, read_id(link, "traceId"));
    ASSIGN_OR_RETURN(const std::string id, read_id(link, "spanId"));
    ASSIGN_OR_RETURN(Json attributes, read_pairs(link, "attributes", 0));
    links.push_back(
        {{"trace_id", base64_encode(trace)}, {"span_id", base64_encode(id)}, {"attributes", std::move(attributes)}});
  }
  return links;
}

Status read_state(const Json& json, traces::Span& span, Json& body) {
  ASSIGN_OR_RETURN(const Json* state, optional_object(json, "status"));
  if (state == nullptr) return ok_status();
  ASSIGN_OR_RETURN(const std::int64_t code, read_named(*state, "code", kCodes));
  if (code < 0 || code >= static_cast<std::int64_t>(kCodes.size()))
    return invalid_field("status.code", "must be 0, 1 or 2, got ", code);
  ASSIGN_OR_RETURN(const std::string message, optional_string(*state, "message"));
  span.failed = code == 2;
  body["status"] = {{"code", kCodes.at(static_cast<std::size_t>(code))}, {"message", message}};
  return ok_status();
}

StatusOr<traces::Span> read_span(const Json& json) {
  traces::Span span;
  Json body = Json::object();
  ASSIGN_OR_RETURN(span.trace_id, read_id(json, "traceId"));
  ASSIGN_OR_RETURN(span.id, read_id(json, "spanId"));
  ASSIGN_OR_RETURN(span.parent_id, read_id(json, "parentSpanId"));
  ASSIGN_OR_RETURN(span.name, optional_string(json, "name"));
  ASSIGN_OR_RETURN(span.start_ns, read_time(json, "startTimeUnixNano"));
  ASSIGN_OR_RETURN(span.end_ns, read_time(json, "endTimeUnixNano"));
  ASSIGN_OR_RETURN(const std::int64_t kind, read_named(json, "kind", kSpanKinds));
  if (kind > 0 && kind <= 5) body["kind"] = kind;
  ASSIGN_OR_RETURN(body["attributes"], read_pairs(json, "attributes", 0));
  ASSIGN_OR_RETURN(body["events"], read_events(json));
  ASSIGN_OR_RETURN(Json links, read_links(json));
  if (!links.empty()) body["links"] = std::move(links);
  RETURN_IF_ERROR(read_state(json, span, body));
  return finish_span(std::move(span), std::move(body));
}

}  // namespace

StatusOr<OtlpSpans> read_otlp_json(std::string_view text) {
  ASSIGN_OR_RETURN(const Json request, parse_json_object(text));
  OtlpSpans spans;
  ASSIGN_OR_RETURN(const Json* resources, objects(request, "resourceSpans"));
  for (const Json& resource : *resources) {
    ASSIGN_OR_RETURN(const Json* scopes, objects(resource, "scopeSpans"));
    for (const Json& scope : *scopes) {
      ASSIGN_OR_RETURN(const Json* list, objects(scope, "spans"));
      for (const Json& json : *list) spans.add(read_span(json));
    }
  }
  return spans;
}

}  // namespace treadle::mlflow
