// What tracking accepts, with MLflow's limits and words where it has some.
#pragma once

#include "base/status.h"
#include "domains/tracking/types.h"

namespace treadle::tracking {

Status check_experiment_name(const std::string& name);
// Letters, digits, and "_-. :/"; at most 250; a path that stays where it is.
Status check_key(std::string_view field, const std::string& key);
Status check_tags(const Tags& tags);
Status check_batch(const Batch& batch);

}  // namespace treadle::tracking
