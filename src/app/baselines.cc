#include "app/baselines.h"

#include <cmath>

namespace treadle::app {

StatusOr<std::optional<double>> RegistryBaselines::test_mae(const std::string& model, std::int64_t version) {
  constexpr std::string_view kName = "test_mae";
  ASSIGN_OR_RETURN(const registry::Version found, registry_.get_version(model, version));
  for (const auto& [key, value] : found.tags) {
    if (key != kName) continue;
    const auto number = parse_double(value);
    if (number && std::isfinite(*number)) return number;
  }
  if (found.run_id.empty()) return std::optional<double>();
  ASSIGN_OR_RETURN(const tracking::Run run, tracking_.get_run(found.run_id));
  for (const tracking::Metric& metric : run.metrics) {
    if (metric.key == kName && std::isfinite(metric.value)) return std::optional(metric.value);
  }
  return std::optional<double>();
}

}  // namespace treadle::app
