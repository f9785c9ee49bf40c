// Printing the lineage of one prediction for people.
#pragma once

#include "app/cli/io.h"
#include "base/json.h"

namespace treadle::app {

// `answer` is what GET /api/v1/why returned.
void print_why(const Json& answer, Io& io);

}  // namespace treadle::app
