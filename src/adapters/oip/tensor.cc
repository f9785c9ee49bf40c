#include "adapters/oip/tensor.h"

#include <array>
#include <bit>
#include <cstring>

namespace treadle::oip {
namespace {

struct TypeName {
  DataType type;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<TypeName, 14> kTypes{{{DataType::kBool, "BOOL", 1},
                                           {DataType::kUint8, "UINT8", 1},
                                           {DataType::kUint16, "UINT16", 2},
                                           {DataType::kUint32, "UINT32", 4},
                                           {DataType::kUint64, "UINT64", 8},
                                           {DataType::kInt8, "INT8", 1},
                                           {DataType::kInt16, "INT16", 2},
                                           {DataType::kInt32, "INT32", 4},
                                           {DataType::kInt64, "INT64", 8},
                                           {DataType::kFp16, "FP16", 2},
                                           {DataType::kBf16, "BF16", 2},
                                           {DataType::kFp32, "FP32", 4},
                                           {DataType::kFp64, "FP64", 8},
                                           {DataType::kBytes, "BYTES", 0}}};

float from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) / 16777216.0F;  // 2^-24 is the smallest step
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 0xffu : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

float from_brain(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

template <typename Element, typename Convert>
void copy(const char* bytes, const Placement& to, float* matrix, Convert convert) {
  float* out = matrix + to.offset;
  for (std::size_t i = 0; i < to.count; ++i, out += to.stride) {
    Element element;
    std::memcpy(&element, bytes + i * sizeof(Element), sizeof(Element));
    *out = convert(element);
  }
}
template <typename Element>
void copy(const char* bytes, const Placement& to, float* matrix) {
  copy<Element>(bytes, to, matrix, [](Element element) { return static_cast<float>(element); });
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) str_append(&text, i == 0 ? "" : ",", shape[i]);
  return text + "]";
}

Status check_shape(const TensorHeader& input) {
  if (input.type == DataType::kBytes) {
    return invalid_field(input.name, "has datatype BYTES; the model's features are numbers (FP32, FP64, INT64 …)");
  }
  for (const std::int64_t size : input.shape) {
    if (size < 0) return invalid_field(input.name, "has a negative size in its shape ", shape_text(input.shape));
  }
  return ok_status();
}

Status bad_single(const serving::Signature& signature, const TensorHeader& input) {
  return invalid_field(input.name, "has shape ", shape_text(input.shape), "; the model takes [rows,", signature.size(),
                       "], or one input [rows] per feature");
}

StatusOr<InputPlan> plan_columns(const serving::Signature& signature, std::span<const TensorHeader> inputs) {
  InputPlan plan;
  std::vector<char> seen(signature.size(), 0);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorHeader& input = inputs[i];
    const auto column = signature.find(input.name, i);
    if (!column) return signature.unknown(input.name);
    if (seen[*column]) return invalid_field(input.name, "is given twice");
    seen[*column] = 1;
    const bool flat = input.shape.size() == 1 || (input.shape.size() == 2 && input.shape[1] == 1);
    if (!flat) {
      return invalid_field(input.name, "has shape ", shape_text(input.shape), "; one feature's is [rows] or [rows,1]");
    }
    const auto rows = static_cast<std::size_t>(input.shape[0]);
    if (i > 0 && rows != plan.rows) {
      return invalid_field(input.name, "has ", rows, " rows but '", inputs[0].name, "' has ", plan.rows);
    }
    plan.rows = rows;
    plan.placements.push_back({*column, signature.size(), rows});
  }
  RETURN_IF_ERROR(signature.check_complete(seen));
  return plan;
}

}  // namespace

std::optional<DataType> parse_data_type(std::string_view name) {
  for (const TypeName& type : kTypes) {
    if (type.name == name) return type.type;
  }
  return std::nullopt;
}

std::string_view to_string(DataType type) { return kTypes[static_cast<std::size_t>(type)].name; }
std::size_t element_size(DataType type) { return kTypes[static_cast<std::size_t>(type)].size; }

DataType data_type_of(serving::FeatureType type) {
  switch (type) {
    case serving::FeatureType::kBool:
      return DataType::kBool;
    case serving::FeatureType::kInteger:
      return DataType::kInt32;
    case serving::FeatureType::kLong:
      return DataType::kInt64;
    case serving::FeatureType::kFloat:
      return DataType::kFp32;
    case serving::FeatureType::kDouble:
      return DataType::kFp64;
  }
  return DataType::kFp32;
}

StatusOr<InputPlan> plan_inputs(const serving::Signature& signature, std::span<const TensorHeader> inputs) {
  if (inputs.empty()) return invalid_field("inputs", "is empty; the model takes ", signature.size(), " features");
  for (const TensorHeader& input : inputs) RETURN_IF_ERROR(check_shape(input));
  const TensorHeader& first = inputs[0];
  const auto features = static_cast<std::int64_t>(signature.size());
  if (inputs.size() == 1) {
    if (first.shape.size() == 2 && first.shape[1] == features) {
      InputPlan plan;
      plan.rows = static_cast<std::size_t>(first.shape[0]);
      // A product past 2^64 cannot slip through: the row count is bounded before it is used to reserve memory.
      plan.placements.push_back({0, 1, plan.rows * signature.size()});
      return plan;
    }
    const bool by_name = signature.named() && signature.find(first.name).has_value();
    if (!by_name) return bad_single(signature, first);
  }
  if (!signature.named()) {
    return invalid_field("inputs", "must be one tensor of shape [rows,", features,
                         "]: the model was trained without feature names");
  }
  return plan_columns(signature, inputs);
}

Status decode_raw(const TensorHeader& header, std::string_view bytes, const Placement& to, float* matrix) {
  const std::size_t wanted = to.count * element_size(header.type);
  if (bytes.size() != wanted) {
    return invalid_field(header.name, "has ", bytes.size(), " bytes of data; shape ", shape_text(header.shape), " of ",
                         to_string(header.type), " takes ", wanted);
  }
  const char* data = bytes.data();
  switch (header.type) {
    case DataType::kBool:
      copy<std::uint8_t>(data, to, matrix, [](std::uint8_t b) { return b != 0 ? 1.0F : 0.0F; });
      break;
    case DataType::kUint8:
      copy<std::uint8_t>(data, to, matrix);
      break;
    case DataType::kUint16:
      copy<std::uint16_t>(data, to, matrix);
      break;
    case DataType::kUint32:
      copy<std::uint32_t>(data, to, matrix);
      break;
    case DataType::kUint64:
      copy<std::uint64_t>(data, to, matrix);
      break;
    case DataType::kInt8:
      copy<std::int8_t>(data, to, matrix);
      break;
    case DataType::kInt16:
      copy<std::int16_t>(data, to, matrix);
      break;
    case DataType::kInt32:
      copy<std::int32_t>(data, to, matrix);
      break;
    case DataType::kInt64:
      copy<std::int64_t>(data, to, matrix);
      break;
    case DataType::kFp16:
      copy<std::uint16_t>(data, to, matrix, from_half);
      break;
    case DataType::kBf16:
      copy<std::uint16_t>(data, to, matrix, from_brain);
      break;
    case DataType::kFp32:
      copy<float>(data, to, matrix);
      break;
    case DataType::kFp64:
      copy<double>(data, to, matrix);
      break;
    case DataType::kBytes:
      return invalid_field(header.name, "has datatype BYTES; the model's features are numbers");
  }
  return ok_status();
}

}  // namespace treadle::oip
