// The rows of one request in the model's feature order: float32, row-major, missing is NaN.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace treadle::serving {

class FeatureMatrix {
 public:
  // 64 MiB of features: a larger request is refused before memory is taken.
  static constexpr std::size_t kMaxValues = 16u << 20;

  // Everything becomes missing. Keeps its memory, so that a matrix used again does not allocate.
  void reset(std::size_t rows, std::size_t columns) {
    rows_ = rows;
    columns_ = columns;
    values_.assign(rows * columns, std::numeric_limits<float>::quiet_NaN());
  }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  float* row(std::size_t i) { return values_.data() + i * columns_; }
  const float* data() const { return values_.data(); }
  std::span<const float> values() const { return values_; }
  std::size_t capacity() const { return values_.capacity(); }

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<float> values_;
};

}  // namespace treadle::serving
