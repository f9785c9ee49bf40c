// The table of what can be aggregated; between metrics.cc, which checks questions by it, and metrics_sql.cc.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domains/traces/metrics.h"

namespace treadle::traces {

struct Dimension {
  std::string_view name, column;
};

// `value` is SQL over t (traces), and s (spans) or a (assessments); rows where it is NULL do not count.
struct Metric {
  std::string_view name;
  std::string value;
  const std::set<std::string>* aggregations;
  const std::vector<Dimension>* dimensions;
};

const std::vector<Metric>& metrics_of(View view);
// Null when there is none of this name.
const Metric* find_metric(View view, std::string_view name);

}  // namespace treadle::traces
