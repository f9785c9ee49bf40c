// Leaves out of what explains a prediction whatever of it the caller may not read.
#pragma once

#include "adapters/access/visible.h"

namespace treadle::access {

// The answer of GET /api/v1/why. Needs READ on the model that predicted, else false. A run that may not be read becomes
// {"hidden": true}, and what is known from it is left out; a node of the graph becomes {"kind": "hidden"} with a number
// for an id, so that one still sees how far the chain goes.
bool hide_lineage(const MayRead& may_read, net::Response& response);

}  // namespace treadle::access
