#include "domains/serving/signature.h"

namespace treadle::serving {
namespace {
constexpr std::size_t kNamesInMessage = 10;
}

StatusOr<Signature> Signature::create(std::vector<Feature> features, bool named, std::string output_name) {
  if (features.empty()) return invalid("the model has no input features");
  Signature signature;
  signature.named_ = named;
  signature.output_name_ = std::move(output_name);
  signature.features_ = std::move(features);
  for (std::size_t i = 0; i < signature.features_.size(); ++i) {
    const std::string& name = signature.features_[i].name;
    if (!signature.index_.emplace(name, i).second) return invalid("the model has two features named '", name, "'");
  }
  return signature;
}

std::vector<std::string> Signature::feature_names() const {
  std::vector<std::string> names;
  names.reserve(features_.size());
  for (const Feature& feature : features_) names.push_back(feature.name);
  return names;
}

std::optional<std::size_t> Signature::find(std::string_view name, std::size_t hint) const {
  if (hint < features_.size() && features_[hint].name == name) return hint;
  const auto it = index_.find(name);
  return it == index_.end() ? std::nullopt : std::optional(it->second);
}

Status Signature::unknown(std::string_view name) const {
  const std::string near = nearest_word(name, feature_names());
  if (!near.empty()) return invalid_field(name, "is not a feature of the model; did you mean '", near, "'?");
  std::string known;
  for (std::size_t i = 0; i < features_.size() && i < kNamesInMessage; ++i) {
    str_append(&known, i == 0 ? "" : ", ", features_[i].name);
  }
  return invalid_field(name, "is not a feature of the model, which takes ", known,
                       features_.size() > kNamesInMessage ? ", …" : "");
}

Status Signature::check_complete(const std::vector<char>& seen) const {
  std::string names;
  std::string first;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    if (seen[i] || !features_[i].required) continue;
    if (missing == 0) first = features_[i].name;
    if (missing < kNamesInMessage) str_append(&names, missing == 0 ? "" : ", ", features_[i].name);
    ++missing;
  }
  if (missing == 0) return ok_status();
  if (missing > kNamesInMessage) str_append(&names, " and ", missing - kNamesInMessage, " more");
  return {StatusCode::kInvalidArgument,
          str_cat("missing feature", missing == 1 ? " " : "s ", names, " (send null for a value that is not known)"),
          first};
}

}  // namespace treadle::serving
