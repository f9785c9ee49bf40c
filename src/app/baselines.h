// The accuracy that a model version promised, from the registry: its tag `test_mae`, else that metric of its run.
#pragma once

#include "domains/monitoring/service.h"
#include "domains/registry/service.h"
#include "domains/tracking/service.h"

namespace treadle::app {

class RegistryBaselines final : public monitoring::BaselineSource {
 public:
  RegistryBaselines(registry::Service& registry, tracking::Service& tracking)
      : registry_(registry), tracking_(tracking) {}
  StatusOr<std::optional<double>> test_mae(const std::string& model, std::int64_t version) override;

 private:
  registry::Service& registry_;
  tracking::Service& tracking_;
};

}  // namespace treadle::app
