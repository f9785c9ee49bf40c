#include "adapters/native/monitoring.h"

#include "adapters/native/routing.h"
#include "base/time.h"
#include "domains/monitoring/days.h"

namespace treadle::native {
namespace {

using monitoring::Service;
using net::Method;
using net::Request;

constexpr std::uint64_t kMaxBody = 16u << 20;
// Far enough either way, and safe to reckon with.
constexpr std::int64_t kEver = std::int64_t{1} << 52;

template <typename T>
Json optional_form(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

StatusOr<const Json*> required_array(const Json& body, std::string_view field, std::string_view of) {
  ASSIGN_OR_RETURN(const Json* array, optional_array(body, field));
  if (array == nullptr) return invalid_field(field, "is required, an array of ", of);
  return array;
}

StatusOr<monitoring::Truth> read_truth(const Json& item) {
  if (!item.is_object()) return invalid("must be an object {key or prediction_id, value, observed_ms}");
  monitoring::Truth truth;
  ASSIGN_OR_RETURN(truth.key, optional_string(item, "key"));
  ASSIGN_OR_RETURN(truth.prediction_id, optional_string(item, "prediction_id"));
  ASSIGN_OR_RETURN(truth.value, required_double(item, "value"));
  if (item.contains("observed_ms") && !item["observed_ms"].is_null()) {
    ASSIGN_OR_RETURN(truth.observed_ms, required_int(item, "observed_ms"));
  }
  return truth;
}

StatusOr<Json> add_truths(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const Json* items, required_array(body, "truths", "{key or prediction_id, value, observed_ms}"));
  std::vector<monitoring::Truth> truths;
  truths.reserve(items->size());
  for (const Json& item : *items) {
    auto truth = read_truth(item);
    if (!truth.ok()) return in_item(truth.status(), "truths", truths.size());
    truths.push_back(std::move(*truth));
  }
  ASSIGN_OR_RETURN(const auto result, service.add_truths(request.param("name"), truths));
  return Json{{"joined", result.joined}, {"unmatched", result.unmatched}, {"alerts", result.alerts}};
}

StatusOr<Json> forecast(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t from, request.query.get_int("from_ms", -kEver, -kEver, kEver));
  ASSIGN_OR_RETURN(const std::int64_t to, request.query.get_int("to_ms", kEver, -kEver, kEver));
  ASSIGN_OR_RETURN(const std::int64_t limit, request.query.get_int("limit", 2000, 1, 100'000));
  ASSIGN_OR_RETURN(const auto points,
                   service.forecast(request.param("name"), from, to, static_cast<std::size_t>(limit)));
  Json list = Json::array();
  for (const auto& point : points) {
    list.push_back({{"key", point.key},
                    {"event_ms", point.event_ms},
                    {"prediction", point.prediction},
                    {"truth", optional_form(point.truth)},
                    {"prediction_id", point.prediction_id},
                    {"model_version", point.model_version}});
  }
  return Json{{"points", list}};
}

StatusOr<Json> performance(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto performance, service.performance(request.param("name")));
  Json series = Json::array();
  for (const auto& day : performance.series) {
    series.push_back({{"day_ms", day.day_ms},
                      {"mae", day.mae},
                      {"rmse", day.rmse},
                      {"mape", optional_form(day.mape)},
                      {"rolling_mae", optional_form(day.rolling_mae)},
                      {"naive_day_mae", optional_form(day.naive_day_mae)},
                      {"count", day.count},
                      {"model_version", day.model_version}});
  }
  return Json{{"series", series}, {"baseline", {{"mae", optional_form(performance.baseline_mae)}}}};
}

StatusOr<Json> drift(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto reports, service.drift_series(request.param("name")));
  Json series = Json::array();
  for (const auto& report : reports) {
    Json drifted = Json::array(), features = Json::object();
    for (const auto& [name, feature] : report.body["features"].items()) {
      if (feature["drifted"].get<bool>()) drifted.push_back(name);
      features[name] = {{"method", feature["method"]},
                        {"score", feature["score"]},
                        {"threshold", feature["threshold"]},
                        {"drifted", feature["drifted"]}};
    }
    series.push_back({{"day_ms", report.day_ms},
                      {"report_id", report.id},
                      {"share", optional_form(report.share)},
                      {"drifted", drifted},
                      {"features", features}});
  }
  return Json{{"series", series}};
}

StatusOr<Json> add_report(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  monitoring::Report report;
  report.deployment = std::string(request.param("name"));
  ASSIGN_OR_RETURN(report.kind, required_string(body, "kind"));
  ASSIGN_OR_RETURN(report.day_ms, required_int(body, "day_ms"));
  ASSIGN_OR_RETURN(report.run_id, optional_string(body, "run_id"));
  ASSIGN_OR_RETURN(const Json* content, optional_object(body, "report"));
  if (content == nullptr) return invalid_field("report", "is required, an object");
  report.body = *content;
  ASSIGN_OR_RETURN(const auto result, service.add_report(std::move(report)));
  return Json{{"id", result.id}, {"alerts", result.alerts}};
}

StatusOr<Json> show_report(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto report, service.report(request.param("id")));
  return Json{{"id", report.id},         {"deployment", report.deployment}, {"kind", report.kind},
              {"day_ms", report.day_ms}, {"run_id", report.run_id},         {"created_ms", report.created_ms},
              {"report", report.body}};
}

Json to_json(const monitoring::Rule& rule) {
  return {{"id", rule.id},
          {"metric", monitoring::to_string(rule.metric)},
          {"threshold", rule.threshold},
          {"window_days", rule.window_days},
          {"cooldown_days", rule.cooldown_days},
          {"action", rule.action}};
}

StatusOr<Json> show_rules(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto rules, service.rules(request.param("name")));
  Json list = Json::array();
  for (const auto& rule : rules) list.push_back(to_json(rule));
  return Json{{"rules", list}};
}

StatusOr<monitoring::Rule> read_rule(const Json& item) {
  if (!item.is_object()) return invalid("must be an object {id, metric, threshold, window_days, cooldown_days}");
  monitoring::Rule rule;
  ASSIGN_OR_RETURN(rule.id, required_string(item, "id"));
  ASSIGN_OR_RETURN(const std::string metric, required_string(item, "metric"));
  ASSIGN_OR_RETURN(rule.metric, monitoring::parse_rule_metric(metric));
  ASSIGN_OR_RETURN(rule.threshold, required_double(item, "threshold"));
  const bool rolling = rule.metric == monitoring::RuleMetric::kRollingMaeRatio;
  ASSIGN_OR_RETURN(rule.window_days, optional_int(item, "window_days", rolling ? monitoring::kRollingDays : 1));
  ASSIGN_OR_RETURN(rule.cooldown_days, optional_int(item, "cooldown_days", 7));
  ASSIGN_OR_RETURN(rule.action, optional_string(item, "action"));
  return rule;
}

StatusOr<Json> set_rules(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const Json* items, required_array(body, "rules", "{id, metric, threshold, …}"));
  std::vector<monitoring::Rule> rules;
  for (const Json& item : *items) {
    auto rule = read_rule(item);
    if (!rule.ok()) return in_item(rule.status(), "rules", rules.size());
    rules.push_back(std::move(*rule));
  }
  RETURN_IF_ERROR(service.set_rules(request.param("name"), rules));
  return show_rules(service, request);
}

StatusOr<Json> list_alerts(Service& service, const RunsOfAlerts& runs_of_alerts, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t limit, request.query.get_int("limit", 200, 1, 10'000));
  ASSIGN_OR_RETURN(const auto alerts,
                   service.alerts(request.query.get("deployment").value_or(""), static_cast<std::size_t>(limit)));
  ASSIGN_OR_RETURN(const auto runs, runs_of_alerts());
  Json list = Json::array();
  for (const auto& alert : alerts) {
    const auto run = runs.find("alert/" + alert.id);
    list.push_back({{"id", alert.id},
                    {"deployment", alert.deployment},
                    {"rule", alert.rule},
                    {"metric", monitoring::to_string(alert.metric)},
                    {"value", alert.value},
                    {"threshold", alert.threshold},
                    {"day_ms", alert.day_ms},
                    {"raised_ms", alert.raised_ms},
                    {"state", alert.open ? "open" : "resolved"},
                    {"message", alert.message},
                    {"retrain_run_id", run == runs.end() ? Json(nullptr) : Json(run->second)}});
  }
  return Json{{"alerts", list}};
}

}  // namespace

void add_monitoring_routes(net::Router& router, Service& monitoring, RunsOfAlerts runs_of_alerts) {
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern,
               json_handler([&monitoring, work](Request& request) { return work(monitoring, request); }),
               {.max_body = kMaxBody});
  };
  route(Method::kPost, "/api/v1/deployments/{name}/truths", add_truths);
  route(Method::kGet, "/api/v1/deployments/{name}/forecast", forecast);
  route(Method::kGet, "/api/v1/deployments/{name}/performance", performance);
  route(Method::kGet, "/api/v1/deployments/{name}/drift", drift);
  route(Method::kPost, "/api/v1/deployments/{name}/reports", add_report);
  route(Method::kGet, "/api/v1/reports/{id}", show_report);
  route(Method::kGet, "/api/v1/deployments/{name}/rules", show_rules);
  route(Method::kPut, "/api/v1/deployments/{name}/rules", set_rules);
  router.add(Method::kGet, "/api/v1/alerts",
             json_handler([&monitoring, runs_of_alerts = std::move(runs_of_alerts)](Request& request) {
               return list_alerts(monitoring, runs_of_alerts, request);
             }));
}

}  // namespace treadle::native
