#include "adapters/oip/model_metadata.h"

namespace treadle::oip {

std::vector<TensorSpec> input_specs(const serving::Signature& signature) {
  if (!signature.named()) return {{"input", DataType::kFp32, {-1, static_cast<std::int64_t>(signature.size())}}};
  std::vector<TensorSpec> specs;
  for (const serving::Feature& feature : signature.features()) {
    specs.push_back({feature.name, data_type_of(feature.type), {-1, 1}});
  }
  return specs;
}

TensorSpec output_spec(const serving::Signature& signature) {
  return {signature.output_name(), DataType::kFp32, {-1, 1}};
}

}  // namespace treadle::oip
