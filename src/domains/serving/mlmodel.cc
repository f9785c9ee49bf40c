#include "domains/serving/mlmodel.h"

#include <yaml-cpp/yaml.h>

#include "base/json.h"

namespace treadle::serving {
namespace {

StatusOr<FeatureType> feature_type(const std::string& column, std::string_view type) {
  if (type == "boolean") return FeatureType::kBool;
  if (type == "integer") return FeatureType::kInteger;
  if (type == "long") return FeatureType::kLong;
  if (type == "float") return FeatureType::kFloat;
  if (type == "double") return FeatureType::kDouble;
  return unimplemented("signature.inputs: column '", column, "' has type '", type,
                       "'; only boolean, integer, long, float and double columns can be served");
}

// MLflow writes the columns as JSON inside a YAML string.
StatusOr<std::vector<Feature>> parse_columns(const std::string& text, std::string_view field) {
  const StatusOr<Json> columns = parse_json(text);
  if (!columns.ok()) return with_context(columns.status(), field);
  if (!columns->is_array()) return invalid_field(field, "must be a JSON array");
  std::vector<Feature> features;
  for (const Json& column : *columns) {
    if (!column.is_object()) return invalid_field(field, "must hold objects");
    ASSIGN_OR_RETURN(const std::string type, required_string(column, "type"));
    if (type == "tensor") return std::vector<Feature>();
    Feature feature;
    ASSIGN_OR_RETURN(feature.name, optional_string(column, "name"));
    if (feature.name.empty()) return std::vector<Feature>();
    ASSIGN_OR_RETURN(feature.type, feature_type(feature.name, type));
    ASSIGN_OR_RETURN(feature.required, optional_bool(column, "required", true));
    features.push_back(std::move(feature));
  }
  return features;
}

StatusOr<std::string> parse_output_name(const std::string& text) {
  const StatusOr<Json> outputs = parse_json(text);
  if (!outputs.ok()) return with_context(outputs.status(), "signature.outputs");
  if (!outputs->is_array() || outputs->size() != 1 || !outputs->front().is_object()) return std::string();
  return optional_string(outputs->front(), "name");
}

void read_flavours(const YAML::Node& flavours, MlModel* out) {
  for (const auto& flavour : flavours) {
    auto& fields = out->flavours[flavour.first.as<std::string>()];
    if (!flavour.second.IsMap()) continue;
    for (const auto& field : flavour.second) {
      if (field.second.IsScalar()) fields[field.first.as<std::string>()] = field.second.as<std::string>();
    }
  }
}

StatusOr<MlModel> parse(std::string_view yaml) {
  const YAML::Node root = YAML::Load(std::string(yaml));
  if (!root.IsMap() || !root["flavors"] || !root["flavors"].IsMap()) {
    return invalid_field("flavors", "is missing: the MLmodel file must list the model's flavours");
  }
  MlModel model;
  read_flavours(root["flavors"], &model);
  if (root["run_id"] && root["run_id"].IsScalar()) model.run_id = root["run_id"].as<std::string>();
  const YAML::Node signature = root["signature"];
  if (signature && signature.IsMap()) {
    if (signature["inputs"] && signature["inputs"].IsScalar()) {
      ASSIGN_OR_RETURN(model.inputs, parse_columns(signature["inputs"].as<std::string>(), "signature.inputs"));
    }
    if (signature["outputs"] && signature["outputs"].IsScalar()) {
      ASSIGN_OR_RETURN(model.output_name, parse_output_name(signature["outputs"].as<std::string>()));
    }
  }
  return model;
}

}  // namespace

StatusOr<MlModel> parse_mlmodel(std::string_view yaml) {
  try {
    return parse(yaml);
  } catch (const YAML::Exception& error) {
    return invalid("the MLmodel file is not valid YAML: ", error.what());
  }
}

}  // namespace treadle::serving
