#include <algorithm>

#include "domains/monitoring/store.h"

namespace treadle::monitoring {

Status index_prediction(sql::Connection& tx, const LoggedPrediction& prediction, LogPlace place) {
  const std::string& key = prediction.key.empty() ? prediction.id : prediction.key;
  RETURN_IF_ERROR(
      tx.execute("UPDATE predictions SET superseded = 1 WHERE deployment = ? AND key = ? AND superseded = 0",
                 {prediction.deployment, key}));
  return tx
      .execute(
          "INSERT INTO predictions(id, deployment, key, event_ms, value, model, model_version, time_ms, segment, place,"
          " superseded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
          {prediction.id, prediction.deployment, key, prediction.event_ms.value_or(prediction.time_ms),
           prediction.value, prediction.model, prediction.model_version, prediction.time_ms, place.segment,
           place.offset})
      .status();
}

StatusOr<std::optional<IndexedPrediction>> find_prediction(sql::Connection& connection, std::string_view id) {
  std::optional<IndexedPrediction> found;
  RETURN_IF_ERROR(connection.query("SELECT deployment, key, segment, place FROM predictions WHERE id = ?", {id},
                                   [&](const sql::Row& row) {
                                     found = {row.string(0), row.string(1), {row.integer(2), row.integer(3)}};
                                     return ok_status();
                                   }));
  return found;
}

StatusOr<std::optional<std::int64_t>> event_of_key(sql::Connection& connection, std::string_view deployment,
                                                   std::string_view key) {
  return connection.query_integer(
      "SELECT event_ms FROM predictions WHERE deployment = ? AND key = ? AND superseded = 0", {deployment, key});
}

StatusOr<bool> adopt_truth(sql::Connection& tx, std::string_view deployment, std::string_view key,
                           std::int64_t event_ms) {
  ASSIGN_OR_RETURN(
      const std::int64_t changed,
      tx.execute("UPDATE truths SET event_ms = ? WHERE deployment = ? AND key = ?", {event_ms, deployment, key}));
  return changed > 0;
}

Status put_truth(sql::Connection& tx, std::string_view deployment, const Truth& truth,
                 std::optional<std::int64_t> event_ms, std::int64_t now_ms) {
  return tx
      .execute(
          "INSERT INTO truths(deployment, key, value, event_ms, observed_ms, received_ms) VALUES (?, ?, ?, ?, ?, ?)"
          " ON CONFLICT(deployment, key) DO UPDATE SET value = excluded.value, event_ms = excluded.event_ms,"
          " observed_ms = excluded.observed_ms, received_ms = excluded.received_ms"
          " WHERE excluded.observed_ms >= truths.observed_ms",
          {deployment, truth.key, truth.value, event_ms, truth.observed_ms.value_or(now_ms), now_ms})
      .status();
}

StatusOr<std::optional<Truth>> get_truth(sql::Connection& connection, std::string_view deployment,
                                         std::string_view key) {
  std::optional<Truth> truth;
  RETURN_IF_ERROR(connection.query("SELECT key, value, observed_ms FROM truths WHERE deployment = ? AND key = ?",
                                   {deployment, key}, [&](const sql::Row& row) {
                                     truth = Truth{row.string(0), "", row.real(1), row.integer(2)};
                                     return ok_status();
                                   }));
  return truth;
}

StatusOr<bool> has_truths(sql::Connection& connection, std::string_view deployment) {
  ASSIGN_OR_RETURN(const auto found,
                   connection.query_integer("SELECT 1 FROM truths WHERE deployment = ? LIMIT 1", {deployment}));
  return found.has_value();
}

StatusOr<bool> has_predictions_before(sql::Connection& connection, std::string_view deployment, std::int64_t time_ms) {
  ASSIGN_OR_RETURN(const auto found,
                   connection.query_integer("SELECT 1 FROM predictions WHERE deployment = ? AND superseded = 0"
                                            " AND event_ms < ? LIMIT 1",
                                            {deployment, time_ms}));
  return found.has_value();
}

StatusOr<std::vector<ForecastPoint>> load_forecast(sql::Connection& connection, std::string_view deployment,
                                                   std::int64_t from_ms, std::int64_t to_ms, std::size_t limit) {
  std::vector<ForecastPoint> points;
  RETURN_IF_ERROR(connection.query(
      "SELECT p.key, p.event_ms, p.value, t.value, p.id, p.model_version FROM predictions p"
      " LEFT JOIN truths t ON t.deployment = p.deployment AND t.key = p.key"
      " WHERE p.deployment = ? AND p.superseded = 0 AND p.event_ms >= ? AND p.event_ms < ?"
      " ORDER BY p.event_ms DESC, p.key DESC LIMIT ?",
      {deployment, from_ms, to_ms, static_cast<std::int64_t>(limit)}, [&](const sql::Row& row) {
        ForecastPoint point{row.string(0), row.integer(1), row.real(2), std::nullopt, row.string(4), row.integer(5)};
        if (!row.is_null(3)) point.truth = row.real(3);
        points.push_back(std::move(point));
        return ok_status();
      }));
  std::reverse(points.begin(), points.end());
  return points;
}

}  // namespace treadle::monitoring
