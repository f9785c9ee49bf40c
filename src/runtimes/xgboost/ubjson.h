// Universal Binary JSON (draft 12), the form XGBoost saves models in, as a Json value.
#pragma once

#include <string_view>

#include "base/json.h"

namespace treadle::xgboost {

// Memory stays in proportion to the input whatever counts it claims; at most 64 levels deep. Errors name the byte.
StatusOr<Json> parse_ubjson(std::string_view bytes);

}  // namespace treadle::xgboost
