// What a model version may be made of. A client names the run or logged model that holds the files, and the source must
// lie inside it: else whoever may register a model could read what belongs to others, or files of this machine.
#pragma once

#include "domains/registry/types.h"
#include "domains/tracking/service.h"

namespace treadle::mlflow {

Status check_source(const registry::NewVersion& version, tracking::Service& tracking);

}  // namespace treadle::mlflow
