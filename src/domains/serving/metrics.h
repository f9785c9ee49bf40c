// What serving tells Prometheus, looked up at each scrape: nothing is counted twice.
#pragma once

#include "base/metrics.h"
#include "domains/serving/service.h"

namespace treadle::serving {

// `serving` must outlive the registry's last text().
void add_metrics(MetricsRegistry& metrics, const Service& serving);

}  // namespace treadle::serving
