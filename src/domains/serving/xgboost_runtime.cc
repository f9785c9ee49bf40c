#include "domains/serving/xgboost_runtime.h"

#include "base/files.h"
#include "runtimes/xgboost/forest.h"

namespace treadle::serving {
namespace {

class XgboostModel final : public Model {
 public:
  XgboostModel(xgboost::Forest forest, Signature signature)
      : forest_(std::move(forest)), signature_(std::move(signature)) {}
  const Signature& signature() const override { return signature_; }
  std::string_view platform() const override { return "xgboost"; }
  void predict(const FeatureMatrix& features, float* out) const override {
    forest_.predict(features.data(), features.rows(), features.columns(), out);
  }

 private:
  xgboost::Forest forest_;
  Signature signature_;
};

// The file's names in the model's order; types from the signature where it has them. Without names in the model the
// signature's order counts.
StatusOr<Signature> make_signature(const xgboost::Forest& forest, const MlModel& description) {
  const std::string output = description.output_name.empty() ? "predict" : description.output_name;
  std::vector<Feature> features;
  const std::vector<std::string>& names = forest.feature_names();
  if (names.empty()) {
    features = description.inputs;
    const bool named = !features.empty();
    if (!named) {
      for (std::size_t i = 0; i < forest.features(); ++i) features.push_back({.name = str_cat("f", i)});
    }
    if (features.size() != forest.features()) {
      return invalid_field("signature.inputs", "has ", features.size(), " columns but the model takes ",
                           forest.features());
    }
    return Signature::create(std::move(features), named, output);
  }
  for (const std::string& name : names) features.push_back({.name = name});
  ASSIGN_OR_RETURN(const Signature known, Signature::create(features, true, output));
  for (const Feature& column : description.inputs) {
    const auto index = known.find(column.name);
    if (!index)
      return invalid_field("signature.inputs", "has the column '", column.name, "', which the model does not take");
    features[*index] = column;
  }
  if (!description.inputs.empty() && description.inputs.size() != names.size()) {
    return invalid_field("signature.inputs", "has ", description.inputs.size(), " columns but the model takes ",
                         names.size());
  }
  return Signature::create(std::move(features), true, output);
}

bool plain_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

StatusOr<std::unique_ptr<Model>> XgboostRuntime::load(const std::filesystem::path& folder,
                                                      const MlModel& description) const {
  const auto& fields = description.flavours.find("xgboost")->second;
  const auto text = [&](std::string_view name, std::string_view fallback) {
    const auto it = fields.find(name);
    return it == fields.end() ? std::string(fallback) : it->second;
  };
  const std::string model_class = text("model_class", "xgboost.core.Booster");
  const bool regressor = model_class == "xgboost.sklearn.XGBRegressor";
  if (!regressor && model_class != "xgboost.core.Booster") {
    return unimplemented("flavors.xgboost.model_class: ", model_class,
                         " is not served yet; log the Booster or an XGBRegressor");
  }
  const std::string data = text("data", "model.xgb");
  if (!plain_file_name(data))
    return invalid_field("flavors.xgboost.data", "must be the name of a file in the model's folder");
  ASSIGN_OR_RETURN(const std::string bytes, read_file(folder / data));
  // The wrapper predicts with the best iteration after early stopping, the Booster with all of them.
  auto forest =
      xgboost::Forest::parse(bytes, regressor ? xgboost::Forest::Trees::kBestIteration : xgboost::Forest::Trees::kAll);
  if (!forest.ok()) return with_context(forest.status(), data);
  ASSIGN_OR_RETURN(Signature signature, make_signature(*forest, description));
  return std::unique_ptr<Model>(std::make_unique<XgboostModel>(*std::move(forest), std::move(signature)));
}

}  // namespace treadle::serving
