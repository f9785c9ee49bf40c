#include "domains/pipelines/parameters.h"

#include <cmath>

namespace treadle::pipelines {
namespace {

bool whole(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const auto number = value.get<double>();
  return std::trunc(number) == number && std::abs(number) < 9.2e18;
}

std::string type_of(const Json& definition) {
  const auto type = definition.find("parameterType");
  if (type != definition.end() && type->is_string()) return type->get<std::string>();
  const auto old = definition.find("type");  // the form before kfp 2: INT, DOUBLE, STRING
  if (old == definition.end() || !old->is_string()) return "STRING";
  if (*old == "INT") return "NUMBER_INTEGER";
  if (*old == "DOUBLE") return "NUMBER_DOUBLE";
  return old->get<std::string>();
}

Status mismatch(const std::string& field, const std::string& type, const Json& value) {
  return invalid_field(field, "must be of type ", type, ", got ", value.type_name(), " ",
                       to_text(value).substr(0, 100));
}

}  // namespace

StatusOr<Json> coerce_parameter(const std::string& field, const Json& definition, const Json& value) {
  const std::string type = type_of(definition);
  Json out = value;
  if (type == "STRING") {
    if (!value.is_string()) out = parameter_text(value);
  } else if (type == "NUMBER_INTEGER") {
    if (!whole(value)) return mismatch(field, type, value);
    if (value.is_number_float()) out = static_cast<std::int64_t>(value.get<double>());
  } else if (type == "NUMBER_DOUBLE") {
    if (!value.is_number()) return mismatch(field, type, value);
  } else if (type == "BOOLEAN") {
    if (!value.is_boolean()) return mismatch(field, type, value);
  } else if (type == "LIST") {
    if (!value.is_array()) return mismatch(field, type, value);
  } else if (type == "STRUCT") {
    if (!value.is_object() && !value.is_array()) return mismatch(field, type, value);
  }
  const auto literals = definition.find("literals");
  if (literals != definition.end() && literals->is_array() && !literals->empty() &&
      std::find(literals->begin(), literals->end(), out) == literals->end()) {
    return invalid_field(field, "must be one of ", to_text(*literals), ", got ", to_text(out).substr(0, 100));
  }
  return out;
}

StatusOr<Json> parse_parameter(const std::string& field, const Json& definition, const std::string& text) {
  const std::string type = type_of(definition);
  if (type == "STRING") return Json(text);
  const std::string_view trimmed = trim(text);
  if (type == "BOOLEAN" && (trimmed == "True" || trimmed == "False")) return Json(trimmed == "True");
  const auto value = parse_json(trimmed);
  if (!value.ok()) {
    return invalid_field(field, "must be of type ", type, ", got the text \"", std::string_view(text).substr(0, 100),
                         "\"");
  }
  return coerce_parameter(field, definition, *value);
}

std::string parameter_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float() && whole(value)) return std::to_string(static_cast<std::int64_t>(value.get<double>()));
  return to_text(value);
}

StatusOr<Json> complete_parameters(const Json& definitions, const Json& given, const std::string& field) {
  std::vector<std::string> known;
  if (definitions.is_object()) {
    for (const auto& [name, definition] : definitions.items()) known.push_back(name);
  }
  for (const auto& [name, value] : given.items()) {
    if (definitions.is_object() && definitions.contains(name)) continue;
    const std::string near = nearest_word(name, known);
    return invalid_field(
        str_cat(field, ".", name), "the pipeline has no such parameter",
        near.empty() ? str_cat(" (it has: ", join(known, ", "), ")") : str_cat(" (did you mean ", near, "?)"));
  }
  Json out = Json::object();
  for (const std::string& name : known) {
    const Json& definition = definitions[name];
    const std::string path = str_cat(field, ".", name);
    const auto value = given.find(name);
    if (value != given.end() && !value->is_null()) {
      ASSIGN_OR_RETURN(out[name], coerce_parameter(path, definition, *value));
    } else if (definition.contains("defaultValue")) {
      ASSIGN_OR_RETURN(out[name], coerce_parameter(path, definition, definition["defaultValue"]));
    } else if (!definition.value("isOptional", false)) {
      return invalid_field(path, "is required (", type_of(definition), ")");
    }
  }
  return out;
}

}  // namespace treadle::pipelines
