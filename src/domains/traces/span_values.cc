#include "domains/traces/span_values.h"

#include <algorithm>
#include <cstdint>

#include "base/strings.h"

namespace treadle::traces {

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

Json whole_number(const Json& text) {
  const auto number = text.is_string() ? parse_int(text.get_ref<const std::string&>()) : std::nullopt;
  return number ? Json(*number) : text;
}

Json plain_value(const Json& typed) {
  if (!typed.is_object() || typed.empty()) return nullptr;
  const auto first = typed.begin();
  const std::string& type = first.key();
  const Json& value = first.value();
  if (type == "int_value") return whole_number(value);
  if (type != "kvlist_value" && type != "array_value") return value;
  const Json* values = member(value, "values");
  if (type == "kvlist_value") return values == nullptr ? Json::object() : plain_values(*values);
  Json list = Json::array();
  if (values == nullptr || !values->is_array()) return list;
  for (const Json& one : *values) list.push_back(plain_value(one));
  return list;
}

namespace {

// As deep as values may be that come with their types; each level of these is three of JSON.
constexpr int kDeepest = 32;

bool deeper_than(int levels, const OrderedJson& value) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::any_of(value.begin(), value.end(), [&](const auto& one) { return deeper_than(levels - 1, one); });
}

// The reverse of plain_value.
Json typed_value(const OrderedJson& plain) {
  if (plain.is_string()) return {{"string_value", plain.get_ref<const std::string&>()}};
  if (plain.is_boolean()) return {{"bool_value", plain.get<bool>()}};
  if (plain.is_number_unsigned() && plain.get<std::uint64_t>() > INT64_MAX)
    return {{"double_value", plain.get<double>()}};
  if (plain.is_number_integer()) return {{"int_value", str_cat(plain.get<std::int64_t>())}};
  if (plain.is_number()) return {{"double_value", plain.get<double>()}};
  if (!plain.is_structured()) return Json::object();
  Json values = Json::array();
  if (plain.is_array()) {
    for (const OrderedJson& one : plain) values.push_back(typed_value(one));
    return {{"array_value", {{"values", values}}}};
  }
  for (const auto& [key, value] : plain.items()) values.push_back({{"key", key}, {"value", typed_value(value)}});
  return {{"kvlist_value", {{"values", values}}}};
}

}  // namespace

Json unwrapped(const Json& typed) {
  const Json* text = member(typed, "string_value");
  if (text == nullptr || !text->is_string()) return typed;
  const auto& said = text->get_ref<const std::string&>();
  const std::size_t first = said.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || std::string_view("\"{[").find(said[first]) == std::string_view::npos) return typed;
  const auto inside = parse_ordered_json(said);
  return inside.ok() && !deeper_than(kDeepest, *inside) ? typed_value(*inside) : typed;
}

Json plain_values(const Json& pairs) {
  Json map = Json::object();
  if (!pairs.is_array()) return map;
  for (const Json& pair : pairs) {
    const Json *key = member(pair, "key"), *value = member(pair, "value");
    if (key == nullptr || !key->is_string()) continue;
    map[key->get_ref<const std::string&>()] = value == nullptr ? Json() : plain_value(*value);
  }
  return map;
}

}  // namespace treadle::traces
