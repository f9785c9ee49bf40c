#include "adapters/oip/json_reader.h"

#include <cmath>
#include <limits>

namespace treadle::oip {
namespace {

constexpr std::size_t kMaxDepth = 128;
constexpr std::size_t kKeepCapacity = 1u << 20;  // a parser that has grown past this is not kept

// Replaces bare NaN by null; strings are left alone. False when there was none.
bool replace_nan(std::string_view text, std::string* out) {
  bool in_string = false, found = false;
  out->reserve(text.size() + 64);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\' && i + 1 < text.size()) {
      out->push_back(c);
      out->push_back(text[++i]);
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (!in_string && c == 'N' && text.substr(i, 3) == "NaN") {
      out->append("null");
      i += 2;
      found = true;
      continue;
    }
    out->push_back(c);
  }
  return found;
}

struct Parser {
  simdjson::dom::parser parser;
  std::string rewritten;
};

simdjson::error_code parse(Parser& state, std::string& text, std::size_t size, JsonElement* out) {
  if (text.capacity() < size + simdjson::SIMDJSON_PADDING) text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  return state.parser.parse(text.data(), size, false).get(*out);
}

}  // namespace

StatusOr<JsonElement> read_json(std::string& text, std::size_t size) {
  thread_local Parser state;
  if (state.parser.capacity() > kKeepCapacity || state.parser.max_depth() != kMaxDepth) {
    state = Parser();
    if (state.parser.allocate(4096, kMaxDepth) != simdjson::SUCCESS)
      return resource_exhausted("no memory for a parser");
  }
  JsonElement root;
  simdjson::error_code error = parse(state, text, size, &root);
  if (error != simdjson::SUCCESS) {
    state.rewritten.clear();
    if (replace_nan(std::string_view(text).substr(0, size), &state.rewritten)) {
      error = parse(state, state.rewritten, state.rewritten.size(), &root);
    }
  }
  if (error == simdjson::CAPACITY || error == simdjson::MEMALLOC) return resource_exhausted("the JSON is too large");
  if (error == simdjson::EMPTY) return invalid("the body is empty; it must be a JSON object");
  if (error != simdjson::SUCCESS) return invalid("not valid JSON: ", simdjson::error_message(error));
  return root;
}

StatusOr<JsonObject> read_json_object(std::string& text, std::size_t size) {
  ASSIGN_OR_RETURN(const JsonElement root, read_json(text, size));
  JsonObject object;
  if (root.get(object) != simdjson::SUCCESS) return invalid("the body must be a JSON object, got ", type_name(root));
  return object;
}

bool as_float(const JsonElement& element, float* out) {
  switch (element.type()) {
    case simdjson::dom::element_type::DOUBLE:
      *out = static_cast<float>(element.get_double().value_unsafe());
      return true;
    case simdjson::dom::element_type::INT64:
      *out = static_cast<float>(element.get_int64().value_unsafe());
      return true;
    case simdjson::dom::element_type::UINT64:
      *out = static_cast<float>(element.get_uint64().value_unsafe());
      return true;
    case simdjson::dom::element_type::BOOL:
      *out = element.get_bool().value_unsafe() ? 1.0F : 0.0F;
      return true;
    case simdjson::dom::element_type::NULL_VALUE:
      *out = std::numeric_limits<float>::quiet_NaN();
      return true;
    default:
      return false;
  }
}

std::string_view type_name(const JsonElement& element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

StatusOr<std::string_view> text_field(const JsonObject& object, std::string_view field) {
  JsonElement value;
  if (object.at_key(field).get(value) != simdjson::SUCCESS || value.is_null()) return std::string_view();
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return invalid_field(field, "must be a string, got ", type_name(value));
  return text;
}

StatusOr<bool> bool_field(const JsonObject& object, std::string_view field, bool fallback) {
  JsonElement value;
  if (object.at_key(field).get(value) != simdjson::SUCCESS || value.is_null()) return fallback;
  bool out = false;
  if (value.get(out) != simdjson::SUCCESS) return invalid_field(field, "must be true or false, got ", type_name(value));
  return out;
}

}  // namespace treadle::oip
