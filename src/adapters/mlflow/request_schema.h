// What the body or query of each call must look like, as MLflow's own server checks it: which fields are required and
// of which type. One table, so that every refusal names the parameter in the words that MLflow's clients know:
//
//   Missing value for required parameter 'metrics[0].timestamp'.
//   Invalid value 123 for parameter 'name' supplied: it must be a string.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace treadle::mlflow {

enum class Kind {
  kString,
  kInt,      // a whole number, or one as text
  kNumber,   // also as text: "NaN"
  kBool,     // in a query "true" or "false"
  kArray,    // of objects
  kStrings,  // an array of strings; in a query a repeated name, or one
  kAny
};

struct Parameter {
  std::string_view name;
  Kind kind = Kind::kString;
  bool required = false;
  std::vector<Parameter> items = {};  // of each object of an array
};
using Schema = std::vector<Parameter>;

// Of a call such as "runs/log-metric"; null where nothing is known, and then nothing is checked here.
const Schema* schema_of(std::string_view path);

Status check_schema(const Schema& schema, const Json& arguments);
// Texts of a query become what `schema` asks for: lists and truth values.
Status convert_query(const Schema& schema, Json& arguments);

Status missing_parameter(std::string_view name);
// `why` says what would be right.
Status wrong_parameter(std::string_view name, const Json& value, std::string_view why);

}  // namespace treadle::mlflow
