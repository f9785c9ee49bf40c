// Forms of records that mean the same in every store, for moving and for comparing them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domains/tracking/types.h"

namespace treadle::app::transfer {

// A version's source without the place of the store: ".../<run>/artifacts/model" is "runs:/<run>/model",
// ".../models/m-<id>/artifacts" is "models:/m-<id>"; anything else stays as it is.
std::string portable_source(std::string_view source);
// The path after the store's own root of an "mlflow-artifacts:" URI.
std::string proxied_path(std::string_view uri);

// The first thing in which two records of one run differ ("param depth: \"5\" here, \"6\" there"); metric values and
// experiment ids are not looked at, metric keys are.
std::optional<std::string> first_difference(const tracking::Run& a, const tracking::Run& b);
// Of tags or params; `what` is "tag".
std::optional<std::string> first_difference(std::string_view what, const tracking::Tags& a, const tracking::Tags& b);

}  // namespace treadle::app::transfer
