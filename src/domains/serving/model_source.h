// Where a registered model's version lies on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/status.h"

namespace treadle::serving {

class ModelSource {
 public:
  virtual ~ModelSource() = default;
  // The folder that holds MLmodel. Errors: kNotFound for an unknown model or version. Thread-safe.
  virtual StatusOr<std::filesystem::path> locate(std::string_view model, std::int64_t version) = 0;
};

}  // namespace treadle::serving
