// What a task gets and what a DAG gives: values and artifacts moved along the edges of the graph.
#pragma once

#include <functional>
#include <string>

#include "base/json.h"
#include "domains/pipelines/types.h"

namespace treadle::pipelines {

// A task of the same DAG by its short name.
using Sibling = std::function<const Task*(const std::string& name)>;

// {"parameters","artifacts"} for the task. `scope` is the same of the DAG around it. An input whose source has no value
// is left out (its default, if any, applies), or an error when a step needs it.
StatusOr<Json> resolve_inputs(const Json& task, const Json& component, const Json& scope, const Sibling& sibling);
// The outputs of a DAG from those of its tasks.
Json dag_outputs(const Json& component, const Sibling& sibling);
// The list that a parameterIterator goes over.
StatusOr<Json> iterator_items(const Json& task, const Json& inputs);
// Outputs of a loop: per name, the list of the iterations' values.
Json collect_outputs(const Json& component, const std::vector<const Task*>& iterations);

}  // namespace treadle::pipelines
