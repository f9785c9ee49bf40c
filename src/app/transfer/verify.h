// Comparing two stores, read by the same code: what one has and the other has not, or has otherwise.
#pragma once

#include "app/transfer/source.h"

namespace treadle::app::transfer {

struct Compared {
  std::int64_t experiments = 0, runs = 0, points = 0, artifacts = 0, logged_models = 0, versions = 0;
};

// Each difference goes to `differences`; only of these experiments (and then not the registry) when some are named.
// Runs and models are found by id, experiments and registered models by name. Artifacts are compared by path and size.
StatusOr<Compared> compare(Source& here, Source& there, const std::vector<std::string>& experiments,
                           const Problems& differences, const std::function<void(const std::string& now)>& progress);

}  // namespace treadle::app::transfer
