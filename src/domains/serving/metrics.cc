#include "domains/serving/metrics.h"

namespace treadle::serving {

void add_metrics(MetricsRegistry& metrics, const Service& serving) {
  metrics.add_collector([&serving](MetricsWriter& writer) {
    StatsSnapshot total;
    double ready = 0;
    for (const std::string& name : serving.live().names()) {
      const auto deployment = serving.live().find(name);
      if (deployment == nullptr) continue;
      const StatsSnapshot stats = deployment->stats.snapshot();
      total.success.count += stats.success.count;
      total.fail.count += stats.fail.count;
      total.inference_count += stats.inference_count;
      if (deployment->current.get() != nullptr) ready += 1;
    }
    writer.sample("treadle_deployments_ready", "gauge", "Deployments that answer.", ready);
    writer.sample("treadle_inference_requests_total", "counter", "Inference requests answered.",
                  static_cast<double>(total.success.count));
    writer.sample("treadle_inference_errors_total", "counter", "Inference requests refused or failed.",
                  static_cast<double>(total.fail.count));
    writer.sample("treadle_inference_rows_total", "counter", "Rows predicted.",
                  static_cast<double>(total.inference_count));
    writer.sample("treadle_predictions_dropped_total", "counter",
                  "Predicted rows that were answered but not logged: the queue was full or the log refused them.",
                  static_cast<double>(serving.predictions_dropped()));
  });
}

}  // namespace treadle::serving
