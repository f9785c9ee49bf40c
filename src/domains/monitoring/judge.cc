// Reports and rules: what is measured against what was promised, and what is said when it falls short.
#include <cstdio>

#include "base/ids.h"
#include "base/time.h"
#include "domains/monitoring/days.h"
#include "domains/monitoring/service.h"
#include "domains/monitoring/store.h"
#include "domains/monitoring/validate.h"

namespace treadle::monitoring {
namespace {

std::string rounded(double value) {
  char buffer[32];
  const int size = std::snprintf(buffer, sizeof buffer, "%.3g", value);
  return {buffer, static_cast<std::size_t>(size)};
}

// What a rule looks at on one day.
struct Evidence {
  std::vector<DaySums> days;
  std::vector<Report> drift;
  std::optional<double> baseline_mae;
};

// Days ascend.
std::vector<DaySums> of_newest_version(std::vector<DaySums> days) {
  if (days.empty()) return days;
  const DaySums newest = days.back();
  std::erase_if(
      days, [&](const DaySums& day) { return day.model != newest.model || day.model_version != newest.model_version; });
  return days;
}

struct Finding {
  double value = 0;
  bool raised = false;
  std::string message;
};

// nullopt when there is too little to judge by. What another version predicted says nothing about this one: after a
// new model is deployed the window begins again.
std::optional<Finding> find_accuracy(const Rule& rule, std::int64_t day_ms, const Evidence& evidence) {
  const auto rolling = rolling_mae(of_newest_version(evidence.days), day_ms, rule.window_days);
  if (!rolling || !evidence.baseline_mae || *evidence.baseline_mae <= 0) return std::nullopt;
  const double ratio = *rolling / *evidence.baseline_mae;
  return Finding{ratio, ratio > rule.threshold,
                 str_cat("mean absolute error over ", rule.window_days, " days to ", day_text(day_ms), " is ",
                         rounded(*rolling), ", ", rounded(ratio), " times the ", rounded(*evidence.baseline_mae),
                         " of training (limit ", rounded(rule.threshold), ")")};
}

std::optional<Finding> find_drift(const Rule& rule, std::int64_t day_ms, const Evidence& evidence) {
  double sum = 0;
  std::int64_t count = 0;
  for (const Report& report : evidence.drift) {
    if (report.day_ms > day_ms || report.day_ms <= day_ms - rule.window_days * kDayMs) continue;
    sum += report.share.value_or(0);
    ++count;
  }
  if (count < rule.window_days) return std::nullopt;
  const double share = sum / static_cast<double>(count);
  return Finding{share, share >= rule.threshold,
                 str_cat(rounded(100 * share), " % of the features have drifted by ", day_text(day_ms), " (limit ",
                         rounded(100 * rule.threshold), " %)")};
}

std::optional<Finding> find(const Rule& rule, std::int64_t day_ms, const Evidence& evidence) {
  return rule.metric == RuleMetric::kDriftShare ? find_drift(rule, day_ms, evidence)
                                                : find_accuracy(rule, day_ms, evidence);
}

Json alert_payload(const Alert& alert, std::int64_t until_ms) {
  return {{"id", alert.id},
          {"deployment", alert.deployment},
          {"rule", alert.rule},
          {"metric", to_string(alert.metric)},
          {"value", alert.value},
          {"threshold", alert.threshold},
          {"day", day_text(alert.day_ms)},
          {"day_ms", alert.day_ms},
          {"until", day_text(until_ms)},
          {"message", alert.message}};
}

}  // namespace

std::string_view to_string(RuleMetric metric) {
  return metric == RuleMetric::kDriftShare ? "drift_share" : "rolling_mae_ratio";
}

StatusOr<RuleMetric> parse_rule_metric(std::string_view name) {
  if (name == "drift_share") return RuleMetric::kDriftShare;
  if (name == "rolling_mae_ratio") return RuleMetric::kRollingMaeRatio;
  return invalid_field("metric", "is \"", name, "\", must be drift_share or rolling_mae_ratio");
}

StatusOr<std::optional<double>> Service::baseline(std::string_view deployment, std::int64_t day_ms) {
  std::vector<DaySums> days;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(days, load_days(connection, deployment, day_ms, day_ms));
    return ok_status();
  }));
  if (days.empty()) return std::optional<double>();
  return baselines_.test_mae(days[0].model, days[0].model_version);
}

// Judging a day again says the same: an alert is one row per rule and day.
StatusOr<std::vector<std::string>> Service::judge(std::string_view deployment, std::int64_t day_ms,
                                                  std::int64_t until_ms, bool accuracy) {
  ASSIGN_OR_RETURN(const std::vector<Rule> rules, this->rules(deployment));
  std::vector<std::string> raised;
  if (rules.empty()) return raised;
  ASSIGN_OR_RETURN(const auto baseline_mae, baseline(deployment, day_ms));
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    raised.clear();
    for (const Rule& rule : rules) {
      if (!accuracy && rule.metric != RuleMetric::kDriftShare) continue;
      const std::int64_t from_ms = day_ms - (rule.window_days - 1) * kDayMs;
      Evidence evidence{{}, {}, baseline_mae};
      ASSIGN_OR_RETURN(evidence.days, load_days(tx, deployment, from_ms, day_ms));
      ASSIGN_OR_RETURN(evidence.drift, load_drift_series(tx, deployment, from_ms, day_ms));
      const auto finding = find(rule, day_ms, evidence);
      const bool replaced = rule.metric == RuleMetric::kRollingMaeRatio && of_newest_version(evidence.days).size() == 1;
      if (!finding && !replaced) continue;
      ASSIGN_OR_RETURN(const bool quiet, alerted_near(tx, deployment, rule, day_ms));
      if (finding && finding->raised && quiet) continue;
      // It is well again, or the model that it was about is gone, or a newer alert takes the place of the old one.
      ASSIGN_OR_RETURN(const auto resolved, resolve_alerts(tx, deployment, rule.id, day_ms, clock_.now_ms()));
      for (const std::string& id : resolved) {
        RETURN_IF_ERROR(events_.append(
            tx, {0,
                 0,
                 "alert.resolved",
                 str_cat("alert/", id),
                 {{"id", id}, {"deployment", deployment}, {"rule", rule.id}, {"day", day_text(day_ms)}}}));
      }
      if (!finding || !finding->raised) continue;
      const Alert alert{new_ulid(), std::string(deployment), rule.id, rule.metric,     finding->value, rule.threshold,
                        day_ms,     clock_.now_ms(),         true,    finding->message};
      RETURN_IF_ERROR(insert_alert(tx, alert));
      RETURN_IF_ERROR(
          events_.append(tx, {0, 0, "alert.raised", str_cat("alert/", alert.id), alert_payload(alert, until_ms)}));
      raised.push_back(alert.id);
    }
    return ok_status();
  }));
  return raised;
}

StatusOr<ReportResult> Service::add_report(Report report) {
  RETURN_IF_ERROR(check_report(report));
  report.id = new_ulid();
  report.created_ms = clock_.now_ms();
  bool without_truths = false;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(put_report(tx, report));
    const lineage::NodeKey node{"report", report.id};
    RETURN_IF_ERROR(graph_.add_node(
        tx,
        {node.kind, node.id, {{"kind", report.kind}, {"deployment", report.deployment}, {"day_ms", report.day_ms}}}));
    if (!report.run_id.empty()) {
      RETURN_IF_ERROR(graph_.add_node(tx, {"run", report.run_id}));
      RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", report.run_id}, node, "output"}));
    }
    Json payload = {{"id", report.id},         {"deployment", report.deployment},
                    {"kind", report.kind},     {"day", day_text(report.day_ms)},
                    {"day_ms", report.day_ms}, {"run_id", report.run_id}};
    if (report.share) payload["share"] = *report.share;
    RETURN_IF_ERROR(events_.append(tx, {0, 0, "report.created", str_cat("report/", report.id), payload}));
    ASSIGN_OR_RETURN(const bool truths, has_truths(tx, report.deployment));
    ASSIGN_OR_RETURN(const bool older, has_predictions_before(tx, report.deployment, report.day_ms));
    without_truths = !truths && older;
    return ok_status();
  }));
  ReportResult result{report.id, {}};
  // A day is judged when its truths are in. Where none ever come, the report is all there is, and nothing of its day is
  // known yet but the inputs.
  if (report.kind == "drift" && without_truths) {
    ASSIGN_OR_RETURN(result.alerts, judge(report.deployment, report.day_ms, report.day_ms, false));
  }
  return result;
}

StatusOr<Report> Service::report(std::string_view id) {
  std::optional<Report> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, get_report(connection, id));
    return ok_status();
  }));
  if (!found) return not_found("no report has the id \"", id, "\"");
  return std::move(*found);
}

StatusOr<std::vector<Report>> Service::drift_series(std::string_view deployment) {
  std::vector<Report> series;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(series, load_drift_series(connection, deployment, INT64_MIN, INT64_MAX));
    return ok_status();
  }));
  return series;
}

StatusOr<std::vector<Rule>> Service::rules(std::string_view deployment) {
  std::vector<Rule> rules;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(rules, load_rules(connection, deployment));
    return ok_status();
  }));
  return rules;
}

Status Service::set_rules(std::string_view deployment, const std::vector<Rule>& rules) {
  RETURN_IF_ERROR(check_rules(rules));
  return database_.write([&](sql::Connection& tx) { return replace_rules(tx, deployment, rules); });
}

StatusOr<std::vector<Alert>> Service::alerts(std::string_view deployment, std::size_t limit) {
  std::vector<Alert> alerts;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(alerts, load_alerts(connection, deployment, limit));
    return ok_status();
  }));
  return alerts;
}

StatusOr<std::int64_t> Service::open_alerts() {
  std::int64_t count = 0;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(count, count_open_alerts(connection));
    return ok_status();
  }));
  return count;
}

}  // namespace treadle::monitoring
