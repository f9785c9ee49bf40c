// XGBoost's tree models, evaluated by ourselves: a microsecond a row where libxgboost needs fifty, and no library to
// load.
//
//   ASSIGN_OR_RETURN(const Forest forest, Forest::parse(bytes));   // .ubj or .json, XGBoost 1.x to 3.x
//   forest.predict(rows, row_count, forest.features(), out);       // row-major float32, NaN is missing
//
// The numbers are XGBoost's own (Booster.predict): the same comparisons in float32, leaves added in the same order.
// Covers gbtree and dart with one output per row; multi-class, multi-target, categorical splits and gblinear are
// refused with kUnimplemented, never evaluated wrongly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treadle::xgboost {

class Forest {
 public:
  // Only the trees up to `best_iteration`, as scikit-learn's wrapper predicts after early stopping.
  enum class Trees { kAll, kBestIteration };
  static StatusOr<Forest> parse(std::string_view model_bytes, Trees trees = Trees::kAll);

  std::size_t features() const { return features_; }
  // Empty when the model was trained without names.
  const std::vector<std::string>& feature_names() const { return feature_names_; }
  const std::string& objective() const { return objective_; }
  std::size_t trees() const { return roots_.size(); }

  // `stride` >= features() is the distance between rows. Thread-safe.
  void predict(const float* rows, std::size_t row_count, std::size_t stride, float* out) const;

 private:
  // A leaf stays where it is: `left` is itself and `branches` is 0, so that lanes of different depth walk in step.
  struct Node {
    float value;             // threshold, or the leaf's value
    std::uint32_t feature;   // 0 for a leaf
    std::uint32_t left;      // the right child is the next one
    std::uint16_t branches;  // 1, or 0 for a leaf
    std::uint16_t missing_right;
  };
  struct Root {
    std::uint32_t node;
    std::uint32_t depth;
    float weight;  // dart's; 1 otherwise
  };
  enum class Link { kIdentity, kLogistic, kExponential };
  struct Builder;

  static std::uint32_t step(const Node* nodes, std::uint32_t at, const float* row);
  float margin(const float* row) const;
  float transform(float margin) const;

  std::size_t features_ = 0;
  std::vector<std::string> feature_names_;
  std::string objective_;
  Link link_ = Link::kIdentity;
  float base_margin_ = 0;
  std::vector<Node> nodes_;
  std::vector<Root> roots_;
};

}  // namespace treadle::xgboost
