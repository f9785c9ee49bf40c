// What became of the predictions: the log of them, the truths that arrive later, accuracy by day, reports, and rules
// that raise alerts.
//
//   Service monitoring(database, events, graph, clock, baselines, {.folder = data / "predictions"});
//   RETURN_IF_ERROR(monitoring.open());
//   monitoring.append(batches);                       // serving does this before it answers
//   monitoring.add_truths("energy-demand", truths);   // joins, measures, judges the days that became complete
//
// All methods are thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/monitoring/prediction_log.h"
#include "domains/monitoring/types.h"
#include "domains/serving/prediction_sink.h"
#include "storage/sql/database.h"

namespace treadle::monitoring {

// What accuracy a model version promised when it was trained (its metric or tag `test_mae`).
class BaselineSource {
 public:
  virtual ~BaselineSource() = default;
  // nullopt when the version has none. Thread-safe.
  virtual StatusOr<std::optional<double>> test_mae(const std::string& model, std::int64_t version) = 0;
};

class Service final : public serving::PredictionSink {
 public:
  Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
          BaselineSource& baselines, PredictionLog::Options log);
  // Creates the tables, repairs the log's torn tail.
  Status open();

  // All or none; on disk when it returns ok. The newest prediction for a key is the one the forecast shows.
  Status append(const std::vector<serving::PredictionBatch>& batches) override;
  // kNotFound when it was never logged.
  StatusOr<LoggedPrediction> prediction(std::string_view id);
  // The truth that was joined to a prediction, by its key.
  StatusOr<std::optional<Truth>> truth(std::string_view deployment, std::string_view key);

  // Idempotent; the newest observation of a key wins.
  StatusOr<JoinResult> add_truths(std::string_view deployment, const std::vector<Truth>& truths);
  // In order of time. Of more than `limit` the newest.
  StatusOr<std::vector<ForecastPoint>> forecast(std::string_view deployment, std::int64_t from_ms, std::int64_t to_ms,
                                                std::size_t limit);
  StatusOr<Performance> performance(std::string_view deployment);

  // A drift report's body holds `features` {name: {method, score, threshold, drifted}} and may hold `share`. The same
  // kind, day and run again replaces the body and keeps the id.
  StatusOr<ReportResult> add_report(Report report);
  StatusOr<Report> report(std::string_view id);
  // The newest drift report of each day, oldest first.
  StatusOr<std::vector<Report>> drift_series(std::string_view deployment);

  StatusOr<std::vector<Rule>> rules(std::string_view deployment);
  // Replaces all rules of the deployment.
  Status set_rules(std::string_view deployment, const std::vector<Rule>& rules);
  // Newest first; "" means of all deployments.
  StatusOr<std::vector<Alert>> alerts(std::string_view deployment, std::size_t limit);
  StatusOr<std::int64_t> open_alerts();

 private:
  StatusOr<std::vector<Truth>> resolve(std::string_view deployment, const std::vector<Truth>& truths,
                                       std::int64_t* unknown);
  StatusOr<std::vector<std::string>> judge(std::string_view deployment, std::int64_t day_ms, std::int64_t until_ms,
                                           bool accuracy);
  StatusOr<std::optional<double>> baseline(std::string_view deployment, std::int64_t day_ms);

  sql::Database& database_;
  events::EventLog& events_;
  lineage::Graph& graph_;
  const Clock& clock_;
  BaselineSource& baselines_;
  PredictionLog log_;
};

std::string_view to_string(RuleMetric metric);
StatusOr<RuleMetric> parse_rule_metric(std::string_view name);

}  // namespace treadle::monitoring
