// The protocol's tensors as HTTP and gRPC share them: data types, shapes, where each input's numbers go in the feature
// matrix, and raw little-endian bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domains/serving/signature.h"

namespace treadle::oip {

enum class DataType {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes
};
// "FP32" and so on; nullopt for a word the protocol does not know.
std::optional<DataType> parse_data_type(std::string_view name);
std::string_view to_string(DataType type);
// Bytes of one element; 0 for BYTES.
std::size_t element_size(DataType type);
DataType data_type_of(serving::FeatureType type);

struct TensorHeader {
  std::string_view name;
  DataType type = DataType::kFp32;
  std::vector<std::int64_t> shape;
};

// Element i of an input goes to matrix value `offset + i * stride`.
struct Placement {
  std::size_t offset = 0;
  std::size_t stride = 1;
  std::size_t count = 0;
};
struct InputPlan {
  std::size_t rows = 0;
  std::vector<Placement> placements;  // one per input, in order
};

// Accepts one tensor [rows, features], or one tensor [rows] or [rows, 1] per feature, by name. Errors: kInvalidArgument
// that names the input or the missing features and says which shape would be right; kUnimplemented never.
StatusOr<InputPlan> plan_inputs(const serving::Signature& signature, std::span<const TensorHeader> inputs);

// Writes `placement.count` elements of little-endian `bytes` into `matrix`. The byte count must match exactly.
Status decode_raw(const TensorHeader& header, std::string_view bytes, const Placement& placement, float* matrix);

}  // namespace treadle::oip
