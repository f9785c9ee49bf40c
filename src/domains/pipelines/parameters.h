// Values of parameters: their types, defaults and how they read inside text.
#pragma once

#include <string>

#include "base/json.h"

namespace treadle::pipelines {

// `value` as the parameter's type says (a whole 3.0 becomes 3 for NUMBER_INTEGER; STRING takes anything, as JSON text).
// The error names `field` and both types.
StatusOr<Json> coerce_parameter(const std::string& field, const Json& definition, const Json& value);
// An output file's or a command line's text as the type says.
StatusOr<Json> parse_parameter(const std::string& field, const Json& definition, const std::string& text);
// As a placeholder prints it: text as it is, whole numbers without a fraction, the rest as JSON.
std::string parameter_text(const Json& value);
// Given values against a component's parameter definitions: unknown names and missing required ones are errors,
// defaults are filled in, types are checked.
StatusOr<Json> complete_parameters(const Json& definitions, const Json& given, const std::string& field);

}  // namespace treadle::pipelines
