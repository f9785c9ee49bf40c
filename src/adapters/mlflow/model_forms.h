// How MLflow writes registered models and versions.
#pragma once

#include "adapters/mlflow/protocol.h"
#include "domains/registry/types.h"

namespace treadle::mlflow {

Json model_form(const registry::Model& model);
Json version_form(const registry::Version& version);
// MLflow sends a version's number as text.
StatusOr<std::int64_t> version_number(const Json& arguments);
StatusOr<registry::Query> registry_query(const Json& arguments, std::int64_t fallback, std::int64_t most);

}  // namespace treadle::mlflow
