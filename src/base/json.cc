#include "base/json.h"

#include <utility>

#include "base/strings.h"

namespace treadle {
namespace {

constexpr int kMaxDepth = 128;

const Json* find_field(const Json& object, std::string_view field) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(field);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

Status wrong_type(std::string_view field, std::string_view wanted, const Json& value) {
  return invalid_field(field, "must be ", wanted, ", got ", value.type_name());
}

StatusOr<std::int64_t> as_int(const Json& value, std::string_view field) {
  if (value.is_number_integer()) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) {
      return invalid_field(field, "is larger than a 64-bit integer");
    }
    return value.get<std::int64_t>();
  }
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number >= -9.0e18 && number <= 9.0e18 && number == static_cast<double>(static_cast<std::int64_t>(number)))
      return static_cast<std::int64_t>(number);
  }
  if (value.is_string()) {
    if (const auto number = parse_int(value.get_ref<const std::string&>())) return *number;
  }
  return wrong_type(field, "an integer", value);
}

// Looked at beforehand: a callback of the parser could say it too, but with one the parser goes through all of an array
// again after each object in it.
bool nests_deeper_than(std::string_view text, int limit) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

StatusOr<double> as_double(const Json& value, std::string_view field) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) {
    if (const auto number = parse_double(value.get_ref<const std::string&>())) return *number;
  }
  return wrong_type(field, "a number", value);
}

}  // namespace

namespace {

template <typename Value>
StatusOr<Value> parse(std::string_view text) {
  if (nests_deeper_than(text, kMaxDepth)) return invalid("the JSON is nested more than ", kMaxDepth, " levels deep");
  try {
    return Value::parse(text);
  } catch (const typename Value::parse_error& error) {
    return invalid("not valid JSON at byte ", error.byte, ": ", error.what());
  } catch (const typename Value::exception& error) {
    return invalid("not valid JSON: ", error.what());
  }
}

void append_python(const OrderedJson& value, std::string& out) {
  if (!value.is_structured()) {
    out += value.dump(-1, ' ', true, OrderedJson::error_handler_t::replace);
    return;
  }
  out += value.is_object() ? '{' : '[';
  bool first = true;
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (!std::exchange(first, false)) out += ", ";
    if (value.is_object()) {
      append_python(OrderedJson(it.key()), out);
      out += ": ";
    }
    append_python(*it, out);
  }
  out += value.is_object() ? '}' : ']';
}

}  // namespace

StatusOr<Json> parse_json(std::string_view text) { return parse<Json>(text); }
StatusOr<OrderedJson> parse_ordered_json(std::string_view text) { return parse<OrderedJson>(text); }

std::string ordered_text(const OrderedJson& value) {
  return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string to_python_text(const OrderedJson& value) {
  std::string text;
  append_python(value, text);
  return text;
}

StatusOr<Json> parse_json_object(std::string_view text) {
  if (text.empty()) return Json::object();
  ASSIGN_OR_RETURN(Json value, parse_json(text));
  if (!value.is_object()) return invalid("the body must be a JSON object, got ", value.type_name());
  return value;
}

std::string to_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

StatusOr<std::string> required_string(const Json& object, std::string_view field) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return invalid_field(field, "is required");
  if (!value->is_string()) return wrong_type(field, "a string", *value);
  return value->get<std::string>();
}

StatusOr<std::int64_t> required_int(const Json& object, std::string_view field) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return invalid_field(field, "is required");
  return as_int(*value, field);
}

StatusOr<double> required_double(const Json& object, std::string_view field) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return invalid_field(field, "is required");
  return as_double(*value, field);
}

StatusOr<std::string> optional_string(const Json& object, std::string_view field, std::string_view fallback) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) return wrong_type(field, "a string", *value);
  return value->get<std::string>();
}

StatusOr<std::int64_t> optional_int(const Json& object, std::string_view field, std::int64_t fallback) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return fallback;
  return as_int(*value, field);
}

StatusOr<double> optional_double(const Json& object, std::string_view field, double fallback) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return fallback;
  return as_double(*value, field);
}

StatusOr<bool> optional_bool(const Json& object, std::string_view field, bool fallback) {
  const Json* value = find_field(object, field);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) return wrong_type(field, "true or false", *value);
  return value->get<bool>();
}

StatusOr<const Json*> optional_array(const Json& object, std::string_view field) {
  const Json* value = find_field(object, field);
  if (value != nullptr && !value->is_array()) return wrong_type(field, "an array", *value);
  return value;
}

StatusOr<const Json*> optional_object(const Json& object, std::string_view field) {
  const Json* value = find_field(object, field);
  if (value != nullptr && !value->is_object()) return wrong_type(field, "an object", *value);
  return value;
}

}  // namespace treadle
