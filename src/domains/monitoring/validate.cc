#include "domains/monitoring/validate.h"

#include <cmath>
#include <set>

#include "base/time.h"
#include "domains/monitoring/days.h"

namespace treadle::monitoring {
namespace {

Status check_drift(Report& report) {
  ASSIGN_OR_RETURN(const Json* features, optional_object(report.body, "features"));
  if (features == nullptr) return invalid_field("report.features", "is required in a drift report");
  std::size_t drifted = 0;
  for (const auto& [name, feature] : features->items()) {
    const std::string field = str_cat("report.features.", name);
    if (!feature.is_object()) return invalid_field(field, "must be an object {method, score, threshold, drifted}");
    const auto has_number = [&feature = feature](const char* part) {
      return feature.contains(part) && feature[part].is_number();
    };
    if (!has_number("score")) return invalid_field(field + ".score", "must be a number");
    if (!has_number("threshold")) return invalid_field(field + ".threshold", "must be a number");
    if (!feature.contains("method") || !feature["method"].is_string()) {
      return invalid_field(field + ".method", "must be a text such as \"ks\"");
    }
    if (!feature.contains("drifted") || !feature["drifted"].is_boolean()) {
      return invalid_field(field + ".drifted", "must be true or false");
    }
    drifted += feature["drifted"].get<bool>();
  }
  const double counted = features->empty() ? 0 : static_cast<double>(drifted) / static_cast<double>(features->size());
  ASSIGN_OR_RETURN(const double share, optional_double(report.body, "share", counted));
  if (!(share >= 0 && share <= 1)) return invalid_field("report.share", "must be between 0 and 1, got ", share);
  report.share = share;
  return ok_status();
}

}  // namespace

Status check_truths(const std::vector<Truth>& truths) {
  if (truths.empty()) return invalid_field("truths", "must hold at least one {key or prediction_id, value}");
  if (truths.size() > kMaxTruths) {
    return invalid_field("truths", "holds ", truths.size(), ", send at most ", kMaxTruths, " at a time");
  }
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const Truth& truth = truths[i];
    const std::string field = str_cat("truths[", i, "]");
    if (truth.key.empty() == truth.prediction_id.empty()) {
      return invalid_field(field, "needs either `key` or `prediction_id`");
    }
    if (truth.key.size() > kMaxKey) return invalid_field(field + ".key", "is longer than ", kMaxKey, " bytes");
    if (!std::isfinite(truth.value)) return invalid_field(field + ".value", "must be a finite number");
  }
  return ok_status();
}

Status check_rules(const std::vector<Rule>& rules) {
  if (rules.size() > kMaxRules) return invalid_field("rules", "holds more than ", kMaxRules);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    const std::string field = str_cat("rules[", i, "]");
    if (rule.id.empty() || rule.id.size() > 128) return invalid_field(field + ".id", "must have 1 to 128 characters");
    if (!ids.insert(rule.id).second) return invalid_field(field + ".id", "\"", rule.id, "\" is there twice");
    const bool share = rule.metric == RuleMetric::kDriftShare;
    if (!(rule.threshold > 0) || !std::isfinite(rule.threshold) || (share && rule.threshold > 1)) {
      return invalid_field(field + ".threshold", "must be ", share ? "a share above 0, at most 1" : "above 0", ", got ",
                           rule.threshold);
    }
    if (rule.window_days < 1 || rule.window_days > 366) {
      return invalid_field(field + ".window_days", "must be between 1 and 366, got ", rule.window_days);
    }
    if (rule.cooldown_days < 0 || rule.cooldown_days > 3660) {
      return invalid_field(field + ".cooldown_days", "must be between 0 and 3660, got ", rule.cooldown_days);
    }
  }
  return ok_status();
}

Status check_report(Report& report) {
  if (report.kind != "drift" && report.kind != "quality") {
    return invalid_field("kind", "is \"", report.kind, "\", must be drift or quality");
  }
  if (report.day_ms != day_of(report.day_ms)) {
    return invalid_field("day_ms", "must be a midnight (UTC), the nearest before is ", day_of(report.day_ms));
  }
  if (!report.body.is_object()) return invalid_field("report", "must be an object");
  return report.kind == "drift" ? check_drift(report) : ok_status();
}

}  // namespace treadle::monitoring
