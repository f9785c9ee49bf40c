// The types of MLflow's GraphQL schema, as its page asks for them.
#pragma once

#include <string>
#include <string_view>

namespace treadle::mlflow::graphql {

struct FieldType {
  std::string_view name;  // camelCase
  std::string_view type;  // "String", "Long" (an integer told as text), "Float", "Boolean", or an object's type
};

// Null when `type` has no such field, or is no object.
const FieldType* find_field(std::string_view type, std::string_view field);
bool is_object(std::string_view type);
// "experimentId" -> "experiment_id".
std::string snake_case(std::string_view name);

}  // namespace treadle::mlflow::graphql
