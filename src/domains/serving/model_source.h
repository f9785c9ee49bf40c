// Where a registered model's version lies on this machine, and whether it may be deployed.
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
  // Whether somebody may deploy that version under this name now: kAborted says what does not hold. Thread-safe.
  virtual Status admit(std::string_view model, std::int64_t version, std::string_view deployment,
                       std::string_view reason) = 0;
};

}  // namespace treadle::serving
