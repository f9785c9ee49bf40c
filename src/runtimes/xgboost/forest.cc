#include "runtimes/xgboost/forest.h"

#include <algorithm>
#include <cmath>

namespace treadle::xgboost {
namespace {
constexpr std::size_t kLanes = 8;  // independent walks that hide each other's memory latency
}  // namespace

inline std::uint32_t Forest::step(const Node* nodes, std::uint32_t at, const float* row) {
  const Node& node = nodes[at];
  const float value = row[node.feature];
  // Not below the threshold goes right; NaN is not below anything, so it is decided apart.
  const unsigned right = std::isnan(value) ? node.missing_right : static_cast<unsigned>(!(value < node.value));
  return node.left + (right & node.branches);
}

// Eight trees at a time, leaves added in the trees' order as XGBoost does.
float Forest::margin(const float* row) const {
  const Node* nodes = nodes_.data();
  float sum = base_margin_;
  for (std::size_t first = 0; first < roots_.size(); first += kLanes) {
    const std::size_t lanes = std::min(kLanes, roots_.size() - first);
    std::uint32_t at[kLanes];
    std::uint32_t depth = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const Root& root = roots_[first + std::min(lane, lanes - 1)];
      at[lane] = root.node;
      depth = std::max(depth, root.depth);
    }
    for (std::uint32_t level = 0; level < depth; ++level) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) at[lane] = step(nodes, at[lane], row);
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) sum += roots_[first + lane].weight * nodes[at[lane]].value;
  }
  return sum;
}

float Forest::transform(float margin) const {
  switch (link_) {
    case Link::kIdentity:
      return margin;
    case Link::kLogistic:
      return 1.0F / (1.0F + std::exp(-margin));
    case Link::kExponential:
      return std::exp(margin);
  }
  return margin;
}

void Forest::predict(const float* rows, std::size_t row_count, std::size_t stride, float* out) const {
  const Node* nodes = nodes_.data();
  std::size_t row = 0;
  // Eight rows through one tree at a time: the tree stays in the cache.
  for (; row + kLanes <= row_count; row += kLanes) {
    const float* block = rows + row * stride;
    float sums[kLanes];
    std::fill(sums, sums + kLanes, base_margin_);
    for (const Root& root : roots_) {
      std::uint32_t at[kLanes];
      std::fill(at, at + kLanes, root.node);
      for (std::uint32_t level = 0; level < root.depth; ++level) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) at[lane] = step(nodes, at[lane], block + lane * stride);
      }
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += root.weight * nodes[at[lane]].value;
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) out[row + lane] = transform(sums[lane]);
  }
  for (; row < row_count; ++row) out[row] = transform(margin(rows + row * stride));
}

}  // namespace treadle::xgboost
