// Where a training ran and with what: the run's environment.json, and the tags that searches want.
#pragma once

#include "base/json.h"

namespace treadle::components {

// {"treadle":{version,build_id},"libraries":{"xgboost"},"host":{name,system,release,machine,cpus,memory_bytes},"threads"}
Json describe_environment(int threads);
Json environment_tags(const Json& environment);

}  // namespace treadle::components
