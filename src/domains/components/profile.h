// A short description of a table: what validate-data reports and what is logged with a data set.
#pragma once

#include "base/json.h"
#include "storage/table/table.h"

namespace treadle::components {

// {"rows": n, "columns": {name: {"type", "missing", "min", "max", "mean", "std"}}}
Json profile(const table::Table& rows);
// MLflow's form of a schema: {"mlflow_colspec": [{"type", "name", "required"}]}
Json schema(const table::Table& rows);

}  // namespace treadle::components
