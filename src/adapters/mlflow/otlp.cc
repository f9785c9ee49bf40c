#include "adapters/mlflow/otlp.h"

#include <bit>
#include <functional>
#include <limits>

#include "base/json.h"
#include "base/strings.h"
#include "base/wire_format.h"

namespace treadle::mlflow {
namespace {

using wire::Field;
using wire::kBytes;
using wire::kFixed64;

constexpr int kDeepest = 32;  // values inside values

Status each_field(std::string_view bytes, std::string_view message, const std::function<Status(const Field&)>& work) {
  return wire::each_field(
      bytes, [&] { return invalid("the body is no ExportTraceServiceRequest: a ", message, " is damaged"); }, work);
}

// A message where another type was sent is damaged, not empty.
Status need_bytes(const Field& field, std::string_view message) {
  if (field.wire == kBytes) return ok_status();
  return invalid("the body is no ExportTraceServiceRequest: field ", field.number, " of a ", message,
                 " has the wrong type");
}

std::string number_text(std::uint64_t value) { return str_cat(value); }

StatusOr<Json> read_value(std::string_view bytes, int depth);

StatusOr<Json> read_pair(std::string_view bytes, int depth) {
  Json pair = {{"key", ""}, {"value", Json::object()}};
  RETURN_IF_ERROR(each_field(bytes, "KeyValue", [&](const Field& field) -> Status {
    if (field.number != 1 && field.number != 2) return ok_status();
    RETURN_IF_ERROR(need_bytes(field, "KeyValue"));
    if (field.number == 1) {
      pair["key"] = std::string(field.bytes);
      return ok_status();
    }
    ASSIGN_OR_RETURN(pair["value"], read_value(field.bytes, depth));
    return ok_status();
  }));
  return pair;
}

StatusOr<Json> read_list(std::string_view bytes, int depth, bool pairs) {
  Json list = Json::array();
  RETURN_IF_ERROR(each_field(bytes, pairs ? "KeyValueList" : "ArrayValue", [&](const Field& field) -> Status {
    if (field.number != 1) return ok_status();
    RETURN_IF_ERROR(need_bytes(field, "list of values"));
    ASSIGN_OR_RETURN(Json item, pairs ? read_pair(field.bytes, depth) : read_value(field.bytes, depth));
    list.push_back(std::move(item));
    return ok_status();
  }));
  return Json{{"values", std::move(list)}};
}

Json double_form(double value) {
  if (value != value) return "NaN";
  if (value > std::numeric_limits<double>::max()) return "Infinity";
  if (value < std::numeric_limits<double>::lowest()) return "-Infinity";
  return value;
}

StatusOr<Json> read_value(std::string_view bytes, int depth) {
  if (depth >= kDeepest) return invalid("an attribute's value is nested deeper than ", kDeepest, " levels");
  Json value = Json::object();
  RETURN_IF_ERROR(each_field(bytes, "AnyValue", [&](const Field& field) -> Status {
    if (field.number == 1 || (field.number >= 5 && field.number <= 7)) RETURN_IF_ERROR(need_bytes(field, "AnyValue"));
    if (field.number == 1) value = {{"string_value", std::string(field.bytes)}};
    if (field.number == 2) value = {{"bool_value", field.value != 0}};
    if (field.number == 3) value = {{"int_value", str_cat(static_cast<std::int64_t>(field.value))}};
    if (field.number == 4) value = {{"double_value", double_form(std::bit_cast<double>(field.value))}};
    if (field.number == 7) value = {{"bytes_value", base64_encode(field.bytes)}};
    if (field.number == 5 || field.number == 6) {
      ASSIGN_OR_RETURN(Json list, read_list(field.bytes, depth + 1, field.number == 6));
      value = Json::object();
      value[field.number == 5 ? "array_value" : "kvlist_value"] = std::move(list);
    }
    return ok_status();
  }));
  return value;
}

Status add_pair(Json& owner, const Field& field) {
  RETURN_IF_ERROR(need_bytes(field, "list of attributes"));
  ASSIGN_OR_RETURN(Json pair, read_pair(field.bytes, 0));
  owner["attributes"].push_back(std::move(pair));
  return ok_status();
}

StatusOr<Json> read_event(std::string_view bytes) {
  Json event = {{"time_unix_nano", "0"}, {"name", ""}, {"attributes", Json::array()}};
  RETURN_IF_ERROR(each_field(bytes, "Event", [&](const Field& field) -> Status {
    if (field.number == 1) event["time_unix_nano"] = number_text(field.value);
    if (field.number == 2) event["name"] = std::string(field.bytes);
    return field.number == 3 ? add_pair(event, field) : ok_status();
  }));
  return event;
}

StatusOr<Json> read_link(std::string_view bytes) {
  Json link = {{"attributes", Json::array()}};
  RETURN_IF_ERROR(each_field(bytes, "Link", [&](const Field& field) -> Status {
    if (field.number == 1) link["trace_id"] = base64_encode(field.bytes);
    if (field.number == 2) link["span_id"] = base64_encode(field.bytes);
    return field.number == 4 ? add_pair(link, field) : ok_status();
  }));
  return link;
}

StatusOr<Json> read_state(std::string_view bytes, bool& failed) {
  Json state = Json::object();
  RETURN_IF_ERROR(each_field(bytes, "Status", [&](const Field& field) -> Status {
    if (field.number == 2) state["message"] = std::string(field.bytes);
    if (field.number != 3) return ok_status();
    failed = field.value == 2;
    state["code"] = failed ? "STATUS_CODE_ERROR" : field.value == 1 ? "STATUS_CODE_OK" : "STATUS_CODE_UNSET";
    return ok_status();
  }));
  return state;
}

StatusOr<std::int64_t> nanoseconds(const Field& field) {
  if (field.wire != kFixed64 || field.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return invalid("a span's time must be nanoseconds since 1970 in 63 bits");
  return static_cast<std::int64_t>(field.value);
}

Status read_span_field(const Field& field, traces::Span& span, Json& body) {
  switch (field.number) {
    case 1:
      span.trace_id = field.bytes;
      return ok_status();
    case 2:
      span.id = field.bytes;
      return ok_status();
    case 4:
      span.parent_id = field.bytes;
      return ok_status();
    case 5:
      span.name = field.bytes;
      return ok_status();
    case 6:
      if (field.value <= 5) body["kind"] = field.value;
      return ok_status();
    case 7: {
      ASSIGN_OR_RETURN(span.start_ns, nanoseconds(field));
      return ok_status();
    }
    case 8: {
      ASSIGN_OR_RETURN(span.end_ns, nanoseconds(field));
      return ok_status();
    }
    case 9:
      return add_pair(body, field);
    case 11: {
      RETURN_IF_ERROR(need_bytes(field, "Span"));
      ASSIGN_OR_RETURN(Json event, read_event(field.bytes));
      body["events"].push_back(std::move(event));
      return ok_status();
    }
    case 13: {
      RETURN_IF_ERROR(need_bytes(field, "Span"));
      ASSIGN_OR_RETURN(Json link, read_link(field.bytes));
      body["links"].push_back(std::move(link));
      return ok_status();
    }
    case 15: {
      RETURN_IF_ERROR(need_bytes(field, "Span"));
      ASSIGN_OR_RETURN(body["status"], read_state(field.bytes, span.failed));
      return ok_status();
    }
    default:
      return ok_status();
  }
}

StatusOr<traces::Span> read_span(std::string_view bytes) {
  traces::Span span;
  Json body = {{"attributes", Json::array()}, {"events", Json::array()}};
  RETURN_IF_ERROR(each_field(bytes, "Span", [&](const Field& field) { return read_span_field(field, span, body); }));
  return finish_span(std::move(span), std::move(body));
}

}  // namespace

StatusOr<traces::Span> finish_span(traces::Span span, Json body) {
  if (span.trace_id.size() != 16) return invalid_field("trace_id", "of a span must have 16 bytes");
  if (span.id.size() != 8) return invalid_field("span_id", "of a span must have 8 bytes");
  if (!span.parent_id.empty() && span.parent_id.size() != 8)
    return invalid_field("parent_span_id", "of a span must have 8 bytes");
  if (span.name.find('\0') != std::string::npos) return invalid_field("name", "of a span must not contain NUL");
  body["trace_id"] = base64_encode(span.trace_id);
  body["span_id"] = base64_encode(span.id);
  if (!span.parent_id.empty()) body["parent_span_id"] = base64_encode(span.parent_id);
  body["name"] = span.name;
  body["start_time_unix_nano"] = str_cat(span.start_ns);
  body["end_time_unix_nano"] = str_cat(span.end_ns);
  span.body = to_text(body);
  // The name by which MLflow's clients know the trace.
  span.trace_id = str_cat("tr-", hex_encode(span.trace_id));
  span.id = hex_encode(span.id);
  span.parent_id = hex_encode(span.parent_id);
  return span;
}

void OtlpSpans::add(StatusOr<traces::Span> span) {
  if (span.ok()) {
    spans.push_back(*std::move(span));
  } else if (++refused == 1) {
    why = span.status();
  }
}

StatusOr<OtlpSpans> read_otlp(std::string_view bytes) {
  OtlpSpans spans;
  // Request, resource, scope: the spans lie three messages deep.
  const auto scope = [&](const Field& field) -> Status {
    if (field.number != 2) return ok_status();
    RETURN_IF_ERROR(need_bytes(field, "ScopeSpans"));
    spans.add(read_span(field.bytes));
    return ok_status();
  };
  const auto resource = [&](const Field& field) -> Status {
    if (field.number != 2) return ok_status();
    RETURN_IF_ERROR(need_bytes(field, "ResourceSpans"));
    return each_field(field.bytes, "ScopeSpans", scope);
  };
  RETURN_IF_ERROR(each_field(bytes, "request", [&](const Field& field) -> Status {
    if (field.number != 1) return ok_status();
    RETURN_IF_ERROR(need_bytes(field, "request"));
    return each_field(field.bytes, "ResourceSpans", resource);
  }));
  return spans;
}

}  // namespace treadle::mlflow
