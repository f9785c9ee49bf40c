// How often two filters find the same traces: POST traces/calculate-filter-correlation.
#include <algorithm>
#include <cmath>
#include <limits>

#include "adapters/mlflow/protocol.h"
#include "adapters/mlflow/traces.h"

namespace treadle::mlflow {
namespace {

constexpr double kJeffreys = 0.5;  // added to each cell of the table so that few traces do not look certain
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// Normalised pointwise mutual information: -1 never together, 0 independent, 1 always together.
double npmi(const traces::Overlap& counts, double smoothing) {
  if (counts.first == 0 || counts.second == 0) return kUndefined;
  if (counts.both == 0 && smoothing == 0) return -1;
  if (counts.both == counts.total) return 1;
  const double both = static_cast<double>(counts.both) + smoothing;
  const double first = static_cast<double>(counts.first) + 2 * smoothing;
  const double second = static_cast<double>(counts.second) + 2 * smoothing;
  const double total = static_cast<double>(counts.total) + 4 * smoothing;
  const double information = std::log(both) + std::log(total) - std::log(first) - std::log(second);
  return std::clamp(information / (std::log(total) - std::log(both)), -1.0, 1.0);
}

}  // namespace

StatusOr<Json> trace_correlation(traces::Service& service, const Json& arguments) {
  traces::OverlapQuery query;
  ASSIGN_OR_RETURN(query.experiment_ids, read_strings(arguments, "experiment_ids"));
  ASSIGN_OR_RETURN(query.first, required_string(arguments, "filter_string1"));
  ASSIGN_OR_RETURN(query.second, required_string(arguments, "filter_string2"));
  ASSIGN_OR_RETURN(query.base, optional_string(arguments, "base_filter"));
  ASSIGN_OR_RETURN(const traces::Overlap counts, service.overlap(query));
  return Json{{"npmi", number_form(npmi(counts, 0))}, {"npmi_smoothed", number_form(npmi(counts, kJeffreys))},
              {"filter1_count", counts.first},        {"filter2_count", counts.second},
              {"joint_count", counts.both},           {"total_count", counts.total}};
}

}  // namespace treadle::mlflow
