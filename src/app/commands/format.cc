#include "app/commands/format.h"

#include <cstdio>

#include "app/cli/io.h"
#include "base/clock.h"
#include "base/strings.h"

namespace treadle::app {
namespace {

const Json kEmptyList = Json::array();
const Json kEmptyObject = Json::object();

const Json* find(const Json& object, std::string_view field) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(field);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

}  // namespace

std::string text_of(const Json& object, std::string_view field) {
  const Json* value = find(object, field);
  if (value == nullptr) return "-";
  if (!value->is_string()) return to_text(*value);
  return value->get_ref<const std::string&>().empty() ? "-" : value->get<std::string>();
}

std::string ago_of(const Json& object, std::string_view field) {
  const Json* value = find(object, field);
  if (value == nullptr || !value->is_number() || value->get<std::int64_t>() == 0) return "-";
  return ago_text(value->get<std::int64_t>(), SystemClock().now_ms());
}

std::string number_of(const Json& object, std::string_view field, int decimals) {
  const Json* value = find(object, field);
  if (value == nullptr) return "-";
  // Tags hold numbers as text.
  const auto number = value->is_number()   ? std::optional(value->get<double>())
                      : value->is_string() ? parse_double(value->get<std::string>())
                                           : std::nullopt;
  if (!number) return "-";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, *number);
  return buffer;
}

const Json& list_of(const Json& object, std::string_view field) {
  const Json* value = find(object, field);
  return value != nullptr && value->is_array() ? *value : kEmptyList;
}

const Json& object_of(const Json& object, std::string_view field) {
  const Json* value = find(object, field);
  return value != nullptr && value->is_object() ? *value : kEmptyObject;
}

}  // namespace treadle::app
