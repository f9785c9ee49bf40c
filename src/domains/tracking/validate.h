// What tracking accepts, with MLflow's limits and words where it has some.
#pragma once

#include "base/status.h"
#include "domains/tracking/types.h"

namespace treadle::tracking {

Status check_experiment_name(const std::string& name);
Status check_run_name(const std::string& name);
Status check_experiment_tag(const std::string& key, const std::string& value);
// Letters, digits, and "_-. :/"; at most 250; a path that stays where it is.
Status check_key(std::string_view field, const std::string& key);
Status check_tags(const Tags& tags);
Status check_batch(const Batch& batch);

// A deleted run refuses writes.
Status must_be_active(const Run& run);

// Cuts values to `limit` characters: MLflow keeps the beginning of what is too long rather than fail a training over
// it.
void shorten_values(Tags& pairs, std::size_t limit);

}  // namespace treadle::tracking
