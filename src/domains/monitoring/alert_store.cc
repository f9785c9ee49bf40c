#include "base/time.h"
#include "domains/monitoring/service.h"
#include "domains/monitoring/store.h"

namespace treadle::monitoring {

StatusOr<std::vector<Rule>> load_rules(sql::Connection& connection, std::string_view deployment) {
  std::vector<Rule> rules;
  RETURN_IF_ERROR(connection.query(
      "SELECT id, metric, threshold, window_days, cooldown_days, action FROM alert_rules WHERE deployment = ?"
      " ORDER BY place",
      {deployment}, [&](const sql::Row& row) -> Status {
        ASSIGN_OR_RETURN(const RuleMetric metric, parse_rule_metric(row.text(1)));
        rules.push_back({row.string(0), metric, row.real(2), row.integer(3), row.integer(4), row.string(5)});
        return ok_status();
      }));
  return rules;
}

Status replace_rules(sql::Connection& tx, std::string_view deployment, const std::vector<Rule>& rules) {
  RETURN_IF_ERROR(tx.execute("DELETE FROM alert_rules WHERE deployment = ?", {deployment}));
  std::int64_t place = 0;
  for (const Rule& rule : rules) {
    RETURN_IF_ERROR(tx.execute(
        "INSERT INTO alert_rules(deployment, id, metric, threshold, window_days, cooldown_days, action, place)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {deployment, rule.id, to_string(rule.metric), rule.threshold, rule.window_days, rule.cooldown_days, rule.action,
         place++}));
  }
  return ok_status();
}

StatusOr<bool> alerted_near(sql::Connection& connection, std::string_view deployment, const Rule& rule,
                            std::int64_t day_ms) {
  const std::int64_t quiet = std::max<std::int64_t>(rule.cooldown_days, 1) * kDayMs;
  ASSIGN_OR_RETURN(const auto found, connection.query_integer("SELECT 1 FROM alerts WHERE deployment = ? AND rule = ?"
                                                              " AND day_ms > ? AND day_ms < ? LIMIT 1",
                                                              {deployment, rule.id, day_ms - quiet, day_ms + quiet}));
  return found.has_value();
}

Status insert_alert(sql::Connection& tx, const Alert& alert) {
  return tx
      .execute(
          "INSERT INTO alerts(id, deployment, rule, metric, value, threshold, day_ms, raised_ms, message)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {alert.id, alert.deployment, alert.rule, to_string(alert.metric), alert.value, alert.threshold, alert.day_ms,
           alert.raised_ms, alert.message})
      .status();
}

StatusOr<std::vector<std::string>> resolve_alerts(sql::Connection& tx, std::string_view deployment,
                                                  std::string_view rule, std::int64_t day_ms, std::int64_t now_ms) {
  std::vector<std::string> ids;
  RETURN_IF_ERROR(tx.query(
      "SELECT id FROM alerts WHERE deployment = ? AND rule = ? AND resolved_ms IS NULL AND day_ms < ? ORDER BY day_ms",
      {deployment, rule, day_ms}, [&](const sql::Row& row) {
        ids.push_back(row.string(0));
        return ok_status();
      }));
  for (const std::string& id : ids) {
    RETURN_IF_ERROR(tx.execute("UPDATE alerts SET resolved_ms = ? WHERE id = ?", {now_ms, id}));
  }
  return ids;
}

StatusOr<std::vector<Alert>> load_alerts(sql::Connection& connection, std::string_view deployment, std::size_t limit) {
  std::vector<Alert> alerts;
  RETURN_IF_ERROR(connection.query(
      "SELECT id, deployment, rule, metric, value, threshold, day_ms, raised_ms, resolved_ms, message FROM alerts"
      " WHERE deployment = ? OR ? = '' ORDER BY raised_ms DESC, id DESC LIMIT ?",
      {deployment, deployment, static_cast<std::int64_t>(limit)}, [&](const sql::Row& row) -> Status {
        ASSIGN_OR_RETURN(const RuleMetric metric, parse_rule_metric(row.text(3)));
        alerts.push_back({row.string(0), row.string(1), row.string(2), metric, row.real(4), row.real(5), row.integer(6),
                          row.integer(7), row.is_null(8), row.string(9)});
        return ok_status();
      }));
  return alerts;
}

StatusOr<std::int64_t> count_open_alerts(sql::Connection& connection) {
  ASSIGN_OR_RETURN(const auto count, connection.query_integer("SELECT COUNT(*) FROM alerts WHERE resolved_ms IS NULL"));
  return count.value_or(0);
}

}  // namespace treadle::monitoring
