// {{event.FIELD}} in parameters.
#pragma once

#include "base/json.h"
#include "base/status.h"

namespace treadle::automation {

// Fills every text of `value`, at any depth. A text that is one placeholder and nothing else takes the field's value as
// it is (a number stays a number). An unknown field is an error that names those there are.
StatusOr<Json> fill_template(const Json& value, const Json& event);

}  // namespace treadle::automation
