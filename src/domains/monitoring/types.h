// The words of monitoring. Days are UTC midnights in milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace treadle::monitoring {

// One line of the prediction log, whole.
struct LoggedPrediction {
  std::string id;
  std::string deployment;
  std::string key;
  std::optional<std::int64_t> event_ms;
  double value = 0;
  std::string model;
  std::int64_t model_version = 0;
  std::int64_t time_ms = 0;
  std::optional<std::int64_t> origin_ms;
  std::string run_id;
  std::vector<std::pair<std::string, double>> features;  // missing is NaN
};

// What turned out to be true, named by the prediction's key or by the prediction.
struct Truth {
  std::string key;
  std::string prediction_id;
  double value = 0;
  std::optional<std::int64_t> observed_ms;  // a later observation replaces an earlier one; now when missing
};

struct JoinResult {
  std::int64_t joined = 0;
  std::int64_t unmatched = 0;       // kept when they have a key, and joined when such a prediction arrives
  std::vector<std::string> alerts;  // ids of the alerts that these truths raised
};

struct ForecastPoint {
  std::string key;
  std::int64_t event_ms = 0;
  double prediction = 0;
  std::optional<double> truth;
  std::string prediction_id;
  std::int64_t model_version = 0;
};

// Sums over the joined predictions of one day; averages and rolling figures are made from them when read.
struct DaySums {
  std::int64_t day_ms = 0;
  std::int64_t predictions = 0;  // made for this day
  std::int64_t count = 0;        // of them with a truth
  double absolute = 0, squared = 0, relative = 0;
  std::int64_t relative_count = 0;  // truths that are not zero
  double naive_absolute = 0;        // against the truth one day before
  std::int64_t naive_count = 0;
  std::string model;
  std::int64_t model_version = 0;  // the newest that predicted for this day
  bool complete() const { return count > 0 && count == predictions; }
};

struct DayPerformance {
  std::int64_t day_ms = 0;
  double mae = 0, rmse = 0;
  std::optional<double> mape;  // percent
  std::optional<double> rolling_mae;
  std::optional<double> naive_day_mae;
  std::int64_t count = 0;
  std::int64_t model_version = 0;
};

struct Performance {
  std::vector<DayPerformance> series;
  std::optional<double> baseline_mae;  // of the newest model version, measured at its training
};

struct Report {
  std::string id;
  std::string deployment;
  std::string kind;  // "drift", "quality"
  std::int64_t day_ms = 0;
  std::string run_id;
  std::int64_t created_ms = 0;
  std::optional<double> share;  // of drifted features; drift reports only
  Json body = Json::object();
};

struct ReportResult {
  std::string id;
  std::vector<std::string> alerts;
};

enum class RuleMetric { kDriftShare, kRollingMaeRatio };

struct Rule {
  std::string id;
  RuleMetric metric = RuleMetric::kRollingMaeRatio;
  double threshold = 0;
  std::int64_t window_days = 1;
  std::int64_t cooldown_days = 0;  // in days of the data, not of the clock
  std::string action;              // free text for people; automation acts on the event
};

struct Alert {
  std::string id;
  std::string deployment;
  std::string rule;
  RuleMetric metric = RuleMetric::kRollingMaeRatio;
  double value = 0;
  double threshold = 0;
  std::int64_t day_ms = 0;
  std::int64_t raised_ms = 0;
  bool open = true;
  std::string message;
};

}  // namespace treadle::monitoring
