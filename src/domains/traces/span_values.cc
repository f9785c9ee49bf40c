#include "domains/traces/span_values.h"

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
