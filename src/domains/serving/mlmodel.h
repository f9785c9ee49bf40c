// MLflow's MLmodel file, as far as serving needs it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/serving/signature.h"

namespace treadle::serving {

struct MlModel {
  // Flavour name -> its scalar fields, e.g. flavours["xgboost"]["data"] == "model.ubj".
  std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>> flavours;
  // The signature's column inputs; empty when the model has none or takes an unnamed tensor.
  std::vector<Feature> inputs;
  // The signature's only named output; empty when there is none.
  std::string output_name;
  std::string run_id;
};

// Errors: kInvalidArgument that names the field; kUnimplemented for a column type that is not a number.
StatusOr<MlModel> parse_mlmodel(std::string_view yaml);

}  // namespace treadle::serving
