// What a deployment tells about its model, the same over HTTP and gRPC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/oip/tensor.h"
#include "domains/serving/live.h"

namespace treadle::oip {

inline constexpr std::string_view kServerName = "treadle";
inline constexpr std::string_view kServerVersion = "0.1.0";
// What we implement of Triton's extensions.
inline constexpr std::string_view kExtensions[] = {"binary_tensor_data", "model_configuration", "model_repository",
                                                   "statistics"};

// Raw contents are part of the protocol itself there.
inline constexpr std::string_view kGrpcExtensions[] = {"model_configuration", "model_repository", "statistics"};

struct TensorSpec {
  std::string name;
  DataType type = DataType::kFp32;
  std::vector<std::int64_t> shape;
};
// One input [rows] per named feature, or one tensor [rows, features] for a model without names.
std::vector<TensorSpec> input_specs(const serving::Signature& signature);
TensorSpec output_spec(const serving::Signature& signature);

}  // namespace treadle::oip
