// The KFP v2 IR (PipelineSpec) as JSON: reading it, checking it whole before anything runs, and finding one's way in
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace treadle::pipelines {

// The spec inside {"pipeline_spec":…,"platform_spec":…}, or the value itself.
Json unwrap_spec(const Json& value);
// Everything that can be known before running: references, cycles, conditions, executors. The error names the task.
Status check_spec(const Json& spec);
std::string spec_name(const Json& spec);
std::string spec_description(const Json& spec);  // the author's; "" when there is none

// Null when there is none.
const Json* component_of(const Json& spec, const Json& task);
const Json* executor_of(const Json& spec, const Json& component);
const Json* child(const Json& object, std::string_view key);
// The tasks whose end this one waits for: dependentTasks and the producers of its inputs.
std::vector<std::string> dependencies(const Json& task);
bool runs_after_failures(const Json& task);  // ALL_UPSTREAM_TASKS_COMPLETED
// "components" entry's definitions, an empty object when there are none: ("inputDefinitions", "parameters").
const Json& definitions(const Json& component, std::string_view side, std::string_view kind);

}  // namespace treadle::pipelines
