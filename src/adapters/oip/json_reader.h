// simdjson with the manners of the rest: values out, errors as Status, a parser kept per thread.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle::oip {

using JsonElement = simdjson::dom::element;
using JsonArray = simdjson::dom::array;
using JsonObject = simdjson::dom::object;

// Parses the first `size` bytes of `text`, at most 128 levels deep. The result lives until the same thread parses
// again. Bare NaN (which Python's json module writes) reads as null. `text` may grow its capacity: simdjson reads past
// the end.
StatusOr<JsonElement> read_json(std::string& text, std::size_t size);
StatusOr<JsonObject> read_json_object(std::string& text, std::size_t size);

// A number or boolean as float32; null is NaN. False for anything else.
bool as_float(const JsonElement& element, float* out);
// "an array", "a string" … for messages.
std::string_view type_name(const JsonElement& element);

// Optional fields of an object; another type is an error that names the field. Empty or null result when missing.
StatusOr<std::string_view> text_field(const JsonObject& object, std::string_view field);
StatusOr<bool> bool_field(const JsonObject& object, std::string_view field, bool fallback);

}  // namespace treadle::oip
