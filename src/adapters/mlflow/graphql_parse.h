// Reading a GraphQL request: one operation of a document, with its fragments put in place and its variables filled in,
// so that what is left is a tree of fields with plain JSON arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace treadle::mlflow::graphql {

struct Field {
  std::string name, alias;  // the alias is the name where none is given
  Json arguments = Json::object();
  std::vector<Field> fields;
};

struct Operation {
  bool mutation = false;
  std::vector<Field> fields;
};

// Bounded as MLflow's server bounds it: 10 levels, 1000 fields, 10 fields at the top, 10 aliases at one level.
StatusOr<Operation> parse(std::string_view document, const Json& variables, const std::string& operation_name);

}  // namespace treadle::mlflow::graphql
