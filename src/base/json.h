// JSON as a value (nlohmann), with readers that name the field in their errors. Hot paths read with simdjson and write
// with RapidJSON instead; everything else uses this.
//
//   ASSIGN_OR_RETURN(const Json body, parse_json(text));
//   ASSIGN_OR_RETURN(const std::string name, required_string(body, "name"));
//   ASSIGN_OR_RETURN(const std::int64_t n, optional_int(body, "max_results", 1000));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "nlohmann/json.hpp"

namespace treadle {

using Json = nlohmann::json;
// With the fields of objects as they come; for what people and other programs look at.
using OrderedJson = nlohmann::ordered_json;

// Parses UTF-8 text, at most 128 levels deep. The error says where (byte offset) and what was expected.
StatusOr<Json> parse_json(std::string_view text);
StatusOr<OrderedJson> parse_ordered_json(std::string_view text);
// Like parse_json, and the value must be an object; empty text counts as {}.
StatusOr<Json> parse_json_object(std::string_view text);
// Compact text; invalid UTF-8 inside strings is replaced, never thrown on.
std::string to_text(const Json& value);
std::string ordered_text(const OrderedJson& value);
// As Python's json.dumps writes it, with a blank after commas and colons and all that is not ASCII escaped.
std::string to_python_text(const OrderedJson& value);

// Fields of an object. A missing or null required field, or one of another type, is an invalid_field error.
// Integers may arrive as a number or as a decimal string (proto3 JSON).
StatusOr<std::string> required_string(const Json& object, std::string_view field);
StatusOr<std::int64_t> required_int(const Json& object, std::string_view field);
StatusOr<double> required_double(const Json& object, std::string_view field);
StatusOr<std::string> optional_string(const Json& object, std::string_view field, std::string_view fallback = "");
StatusOr<std::int64_t> optional_int(const Json& object, std::string_view field, std::int64_t fallback);
StatusOr<double> optional_double(const Json& object, std::string_view field, double fallback);
StatusOr<bool> optional_bool(const Json& object, std::string_view field, bool fallback);
// A pointer to the array or object, or null when missing; another type is an error.
StatusOr<const Json*> optional_array(const Json& object, std::string_view field);
StatusOr<const Json*> optional_object(const Json& object, std::string_view field);

}  // namespace treadle
