// Monitoring's tables. Every function runs inside the caller's read or transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domains/monitoring/prediction_log.h"
#include "domains/monitoring/types.h"
#include "storage/sql/database.h"

namespace treadle::monitoring {

const std::vector<sql::Migration>& migrations();

// --- predictions and truths: index_store.cc

// A prediction that has a time it is about. The newest of a key supersedes the others.
Status index_prediction(sql::Connection& tx, const LoggedPrediction& prediction, LogPlace place);
struct IndexedPrediction {
  std::string deployment, key;
  LogPlace place;
};
StatusOr<std::optional<IndexedPrediction>> find_prediction(sql::Connection& connection, std::string_view id);
// The time the key's present prediction is about.
StatusOr<std::optional<std::int64_t>> event_of_key(sql::Connection& connection, std::string_view deployment,
                                                   std::string_view key);
// Gives the key's truth, if it came first, the time that the prediction is about. False when there is none yet.
StatusOr<bool> adopt_truth(sql::Connection& tx, std::string_view deployment, std::string_view key,
                           std::int64_t event_ms);
// Keeps what is there when that was observed later.
Status put_truth(sql::Connection& tx, std::string_view deployment, const Truth& truth,
                 std::optional<std::int64_t> event_ms, std::int64_t now_ms);
StatusOr<std::optional<Truth>> get_truth(sql::Connection& connection, std::string_view deployment,
                                         std::string_view key);
StatusOr<bool> has_truths(sql::Connection& connection, std::string_view deployment);
StatusOr<bool> has_predictions_before(sql::Connection& connection, std::string_view deployment, std::int64_t time_ms);
StatusOr<std::vector<ForecastPoint>> load_forecast(sql::Connection& connection, std::string_view deployment,
                                                   std::int64_t from_ms, std::int64_t to_ms, std::size_t limit);

// --- accuracy: performance_store.cc

// Measures these days anew, and the days after them, whose naive forecast rests on them. Returns the days that have
// truths.
StatusOr<std::vector<DaySums>> measure_days(sql::Connection& tx, std::string_view deployment,
                                            const std::set<std::int64_t>& days);
// Days in [from, to], oldest first.
StatusOr<std::vector<DaySums>> load_days(sql::Connection& connection, std::string_view deployment, std::int64_t from_ms,
                                         std::int64_t to_ms);

// --- reports: report_store.cc

// Sets `report.id` to that of the row, new or replaced.
Status put_report(sql::Connection& tx, Report& report);
StatusOr<std::optional<Report>> get_report(sql::Connection& connection, std::string_view id);
StatusOr<std::vector<Report>> load_drift_series(sql::Connection& connection, std::string_view deployment,
                                                std::int64_t from_ms, std::int64_t to_ms);

// --- rules and alerts: alert_store.cc

StatusOr<std::vector<Rule>> load_rules(sql::Connection& connection, std::string_view deployment);
Status replace_rules(sql::Connection& tx, std::string_view deployment, const std::vector<Rule>& rules);
// Whether the rule has an alert on the day or within `cooldown_days` of it, either way.
StatusOr<bool> alerted_near(sql::Connection& connection, std::string_view deployment, const Rule& rule,
                            std::int64_t day_ms);
Status insert_alert(sql::Connection& tx, const Alert& alert);
// Closes the rule's open alerts of earlier days; returns their ids.
StatusOr<std::vector<std::string>> resolve_alerts(sql::Connection& tx, std::string_view deployment,
                                                  std::string_view rule, std::int64_t day_ms, std::int64_t now_ms);
StatusOr<std::vector<Alert>> load_alerts(sql::Connection& connection, std::string_view deployment, std::size_t limit);
StatusOr<std::int64_t> count_open_alerts(sql::Connection& connection);

}  // namespace treadle::monitoring
