// What a model takes and gives: named numeric features in the model's own order, one number per row.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"

namespace treadle::serving {

enum class FeatureType { kBool, kInteger, kLong, kFloat, kDouble };

struct Feature {
  std::string name;
  FeatureType type = FeatureType::kFloat;
  bool required = true;  // an optional feature may be left out; it counts as missing then
};

class Signature {
 public:
  Signature() = default;
  // `named`: false when the model was trained without feature names; inputs then go by position only.
  // Errors: kInvalidArgument for two features of one name or none at all.
  static StatusOr<Signature> create(std::vector<Feature> features, bool named, std::string output_name);

  const std::vector<Feature>& features() const { return features_; }
  std::size_t size() const { return features_.size(); }
  bool named() const { return named_; }
  const std::string& output_name() const { return output_name_; }
  std::vector<std::string> feature_names() const;

  // `hint` is where the name probably is: callers usually send the columns in order.
  std::optional<std::size_t> find(std::string_view name, std::size_t hint = 0) const;
  // "unknown feature 'tempreature', did you mean 'temperature'?"
  Status unknown(std::string_view name) const;
  // Ok when every required feature is marked in `seen` (one entry per feature); else an error that names those missing.
  Status check_complete(const std::vector<char>& seen) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::vector<Feature> features_;
  bool named_ = false;
  std::string output_name_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> index_;
};

}  // namespace treadle::serving
