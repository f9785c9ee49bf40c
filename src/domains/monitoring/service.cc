#include "domains/monitoring/service.h"

#include <algorithm>
#include <cmath>

#include "base/ids.h"
#include "base/time.h"
#include "domains/monitoring/days.h"
#include "domains/monitoring/store.h"
#include "domains/monitoring/validate.h"

namespace treadle::monitoring {
namespace {

LoggedPrediction describe(const serving::PredictionBatch& batch, const serving::PredictionRow& row) {
  LoggedPrediction prediction;
  prediction.id = row.id;
  prediction.deployment = batch.deployment;
  prediction.key = row.key;
  prediction.event_ms = row.event_ms;
  prediction.value = row.value;
  prediction.model = batch.model;
  prediction.model_version = batch.model_version;
  prediction.time_ms = batch.time_ms;
  return prediction;
}

// The group of predictions that one run made, or that one version made without a run.
Status draw_lineage(sql::Connection& tx, lineage::Graph& graph, const serving::PredictionBatch& batch) {
  const std::string version = str_cat(batch.model, "/", batch.model_version);
  const lineage::NodeKey predictions{"predictions",
                                     str_cat(batch.deployment, "/", batch.run_id.empty() ? version : batch.run_id)};
  RETURN_IF_ERROR(graph.add_node(tx, {predictions.kind, predictions.id}));
  RETURN_IF_ERROR(graph.add_node(tx, {"model_version", version}));
  RETURN_IF_ERROR(graph.add_edge(tx, {{"model_version", version}, predictions, "predicted"}));
  RETURN_IF_ERROR(graph.add_node(tx, {"deployment", batch.deployment}));
  RETURN_IF_ERROR(graph.add_edge(tx, {{"deployment", batch.deployment}, predictions, "predicted"}));
  if (batch.run_id.empty()) return ok_status();
  RETURN_IF_ERROR(graph.add_node(tx, {"run", batch.run_id}));
  return graph.add_edge(tx, {{"run", batch.run_id}, predictions, "output"});
}

Json days_json(const std::vector<DaySums>& days) {
  Json texts = Json::array();
  for (const DaySums& day : days) texts.push_back(day_text(day.day_ms));
  return texts;
}

Status announce_performance(sql::Connection& tx, events::EventLog& events, std::string_view deployment,
                            const std::vector<DaySums>& measured) {
  if (measured.empty()) return ok_status();
  return events.append(tx, {0,
                            0,
                            "performance.updated",
                            str_cat("deployment/", deployment),
                            {{"deployment", deployment}, {"days", days_json(measured)}}});
}

Status index_batch(sql::Connection& tx, events::EventLog& events, lineage::Graph& graph,
                   const serving::PredictionBatch& batch, LogPlace place) {
  std::int64_t indexed = 0;
  std::set<std::int64_t> days_with_truth;
  for (const serving::PredictionRow& row : batch.rows) {
    if (!row.event_ms || !std::isfinite(row.value)) continue;  // found through the log alone
    ++indexed;
    RETURN_IF_ERROR(index_prediction(tx, describe(batch, row), place));
    ASSIGN_OR_RETURN(const bool truth_known, adopt_truth(tx, batch.deployment, row.key, *row.event_ms));
    if (truth_known) days_with_truth.insert(day_of(*row.event_ms));
  }
  if (indexed == 0) return ok_status();
  RETURN_IF_ERROR(draw_lineage(tx, graph, batch));
  RETURN_IF_ERROR(events.append(tx, {0,
                                     0,
                                     "predictions.logged",
                                     str_cat("deployment/", batch.deployment),
                                     {{"deployment", batch.deployment},
                                      {"count", indexed},
                                      {"model", batch.model},
                                      {"model_version", batch.model_version},
                                      {"run_id", batch.run_id}}}));
  ASSIGN_OR_RETURN(const std::vector<DaySums> measured, measure_days(tx, batch.deployment, days_with_truth));
  return announce_performance(tx, events, batch.deployment, measured);
}

bool has_events(const std::vector<serving::PredictionBatch>& batches) {
  return std::any_of(batches.begin(), batches.end(), [](const serving::PredictionBatch& batch) {
    return std::any_of(batch.rows.begin(), batch.rows.end(),
                       [](const serving::PredictionRow& row) { return row.event_ms.has_value(); });
  });
}

}  // namespace

Service::Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
                 BaselineSource& baselines, PredictionLog::Options log)
    : database_(database), events_(events), graph_(graph), clock_(clock), baselines_(baselines), log_(std::move(log)) {}

Status Service::open() {
  RETURN_IF_ERROR(sql::migrate(database_, "monitoring", migrations()));
  return log_.open();
}

Status Service::append(const std::vector<serving::PredictionBatch>& batches) {
  for (const serving::PredictionBatch& batch : batches) {
    if (batch.features.size() != batch.rows.size() * batch.feature_names.size()) {
      return internal_error("a batch of ", batch.deployment, " has ", batch.features.size(), " features for ",
                            batch.rows.size(), " rows of ", batch.feature_names.size());
    }
  }
  ASSIGN_OR_RETURN(const std::vector<LogPlace> places, log_.append(batches));
  if (!has_events(batches)) return ok_status();
  return database_.write([&](sql::Connection& tx) -> Status {
    for (std::size_t i = 0; i < batches.size(); ++i) {
      RETURN_IF_ERROR(index_batch(tx, events_, graph_, batches[i], places[i]));
    }
    return ok_status();
  });
}

StatusOr<LoggedPrediction> Service::prediction(std::string_view id) {
  std::optional<IndexedPrediction> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, find_prediction(connection, id));
    return ok_status();
  }));
  return found ? log_.read(found->deployment, found->place, id) : log_.find(id);
}

StatusOr<std::optional<Truth>> Service::truth(std::string_view deployment, std::string_view key) {
  std::optional<Truth> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, get_truth(connection, deployment, key));
    return ok_status();
  }));
  return found;
}

StatusOr<std::vector<ForecastPoint>> Service::forecast(std::string_view deployment, std::int64_t from_ms,
                                                       std::int64_t to_ms, std::size_t limit) {
  std::vector<ForecastPoint> points;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(points, load_forecast(connection, deployment, from_ms, to_ms, limit));
    return ok_status();
  }));
  return points;
}

// --- truths

// Names every truth by key. A prediction that is only in the log is indexed by the way, so that its truth joins.
StatusOr<std::vector<Truth>> Service::resolve(std::string_view deployment, const std::vector<Truth>& truths,
                                              std::int64_t* unknown) {
  std::vector<Truth> named;
  named.reserve(truths.size());
  for (const Truth& truth : truths) {
    if (!truth.key.empty()) {
      named.push_back(truth);
      continue;
    }
    std::optional<IndexedPrediction> indexed;
    RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(indexed, find_prediction(connection, truth.prediction_id));
      return ok_status();
    }));
    Truth by_key = truth;
    if (indexed && indexed->deployment == deployment) {
      by_key.key = indexed->key;
    } else {
      const auto logged = log_.find(truth.prediction_id);
      if (!logged.ok() || logged->deployment != deployment) {
        ++*unknown;
        continue;
      }
      by_key.key = logged->key.empty() ? logged->id : logged->key;
      RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
        ASSIGN_OR_RETURN(const auto already, find_prediction(tx, logged->id));
        return already ? ok_status() : index_prediction(tx, *logged, {});
      }));
    }
    named.push_back(std::move(by_key));
  }
  return named;
}

StatusOr<JoinResult> Service::add_truths(std::string_view deployment, const std::vector<Truth>& truths) {
  RETURN_IF_ERROR(check_truths(truths));
  JoinResult result;
  std::int64_t unknown = 0;
  ASSIGN_OR_RETURN(const std::vector<Truth> named, resolve(deployment, truths, &unknown));
  std::vector<DaySums> measured;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    result = {0, unknown, {}};  // a transaction may be tried again
    std::set<std::int64_t> days;
    std::int64_t newest = 0;
    for (const Truth& truth : named) {
      ASSIGN_OR_RETURN(std::optional<std::int64_t> event_ms, event_of_key(tx, deployment, truth.key));
      ++(event_ms ? result.joined : result.unmatched);
      if (event_ms) {
        days.insert(day_of(*event_ms));
      } else if (const auto time = parse_time(truth.key); time.ok()) {
        event_ms = *time;
      }
      if (event_ms) newest = std::max(newest, *event_ms);
      RETURN_IF_ERROR(put_truth(tx, deployment, truth, event_ms, clock_.now_ms()));
    }
    ASSIGN_OR_RETURN(measured, measure_days(tx, deployment, days));
    RETURN_IF_ERROR(events_.append(tx, {0,
                                        0,
                                        "truths.joined",
                                        str_cat("deployment/", deployment),
                                        {{"deployment", deployment},
                                         {"joined", result.joined},
                                         {"unmatched", result.unmatched},
                                         {"until", day_text(day_of(newest) + kDayMs)}}}));
    return announce_performance(tx, events_, deployment, measured);
  }));
  for (const DaySums& day : measured) {
    if (!day.complete()) continue;
    ASSIGN_OR_RETURN(const std::vector<std::string> raised, judge(deployment, day.day_ms, day.day_ms + kDayMs, true));
    result.alerts.insert(result.alerts.end(), raised.begin(), raised.end());
  }
  return result;
}

StatusOr<Performance> Service::performance(std::string_view deployment) {
  std::vector<DaySums> days;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(days, load_days(connection, deployment, INT64_MIN, INT64_MAX));
    return ok_status();
  }));
  Performance performance{performance_series(days), {}};
  if (days.empty()) return performance;
  ASSIGN_OR_RETURN(performance.baseline_mae, baselines_.test_mae(days.back().model, days.back().model_version));
  return performance;
}

}  // namespace treadle::monitoring
