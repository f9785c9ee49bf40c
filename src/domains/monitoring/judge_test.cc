#include <gmock/gmock.h>

#include "domains/monitoring/testing.h"

namespace treadle::monitoring {
namespace {

class JudgeTest : public MonitoringTest {
 protected:
  // Logs a day and its truths; returns the alerts that raised.
  std::size_t live(std::int64_t day, double error) {
    EXPECT_TRUE(service_->append({batch(day, 10)}).ok());
    const auto result = service_->add_truths("d", truths(day, 10 + error));
    EXPECT_TRUE(result.ok()) << result.status().to_string();
    return result->alerts.size();
  }
  Report drift(std::int64_t day, int drifted, int of) {
    Report report;
    report.deployment = "d";
    report.kind = "drift";
    report.day_ms = kDay0 + day * kDayMs;
    report.run_id = str_cat("run", day);
    Json features = Json::object();
    for (int i = 0; i < of; ++i) {
      features[str_cat("f", i)] = {{"method", "ks"}, {"score", 0.01}, {"threshold", 0.05}, {"drifted", i < drifted}};
    }
    report.body = {{"features", features}};
    return report;
  }
  void rule(RuleMetric metric, double threshold, std::int64_t window, std::int64_t cooldown) {
    ASSERT_TRUE(service_->set_rules("d", {{"r", metric, threshold, window, cooldown, ""}}).ok());
  }
};

TEST_P(JudgeTest, AnAlertIsRaisedOnceThenQuietThenResolved) {
  rule(RuleMetric::kRollingMaeRatio, 1.5, 3, 4);
  EXPECT_EQ(live(0, 2), 0u);  // three days are needed
  EXPECT_EQ(live(1, 2), 0u);
  EXPECT_EQ(live(2, 2), 1u);
  EXPECT_TRUE(service_->add_truths("d", truths(2, 12))->alerts.empty()) << "the same truths again say nothing new";
  EXPECT_EQ(live(3, 2), 0u);  // cooling down
  EXPECT_EQ(*service_->open_alerts(), 1);
  EXPECT_EQ(live(4, 0), 0u);
  EXPECT_EQ(*service_->open_alerts(), 0);
  EXPECT_EQ(live(5, 5), 0u);
  EXPECT_EQ(live(6, 5), 1u);  // four days after the first
  const auto alerts = service_->alerts("d", 10);
  ASSERT_EQ(alerts->size(), 2u);
  EXPECT_TRUE((*alerts)[0].open);
  EXPECT_FALSE((*alerts)[1].open);
  EXPECT_EQ((*alerts)[1].day_ms, kDay0 + 2 * kDayMs);
  EXPECT_EQ((*alerts)[1].value, 2);
}

TEST_P(JudgeTest, ANewVersionIsJudgedByItsOwnDays) {
  baselines_.by_version = {{1, 1.0}, {2, 1.0}};
  rule(RuleMetric::kRollingMaeRatio, 1.5, 3, 1);
  for (std::int64_t day = 0; day < 3; ++day) live(day, 5);
  ASSERT_EQ(*service_->open_alerts(), 1);
  const auto live_on_2 = [&](std::int64_t day, double error) {
    EXPECT_TRUE(service_->append({batch(day, 10, 2)}).ok());
    return service_->add_truths("d", truths(day, 10 + error))->alerts.size();
  };
  EXPECT_EQ(live_on_2(3, 2), 0u) << "the old version's errors are not the new one's";
  EXPECT_EQ(*service_->open_alerts(), 0) << "what the alert was about is gone";
  EXPECT_EQ(live_on_2(4, 2), 0u);
  EXPECT_EQ(live_on_2(5, 2), 1u);
  EXPECT_EQ((*service_->alerts("d", 1))[0].value, 2);
}

TEST_P(JudgeTest, ADayIsJudgedOnlyWhenAllItsTruthsAreIn) {
  rule(RuleMetric::kRollingMaeRatio, 1.5, 1, 1);
  ASSERT_TRUE(service_->append({batch(0, 10)}).ok());
  EXPECT_TRUE(service_->add_truths("d", truths(0, 20, 3))->alerts.empty());
  EXPECT_EQ(service_->add_truths("d", truths(0, 20))->alerts.size(), 1u);
}

TEST_P(JudgeTest, TheEventTellsWhatARetrainNeeds) {
  rule(RuleMetric::kRollingMaeRatio, 1.5, 1, 1);
  live(0, 3);
  const auto events = events_->read(0, 100, "alert.raised");
  ASSERT_EQ(events->size(), 1u);
  const Json& payload = (*events)[0].payload;
  EXPECT_EQ(payload["deployment"], "d");
  EXPECT_EQ(payload["day"], "2014-11-01");
  EXPECT_EQ(payload["until"], "2014-11-02");
  EXPECT_EQ(payload["message"],
            "mean absolute error over 1 days to 2014-11-01 is 3, 3 times the 1 of training (limit 1.5)");
}

TEST_P(JudgeTest, WithoutABaselineNothingIsSaid) {
  baselines_.by_version.clear();
  rule(RuleMetric::kRollingMaeRatio, 1.5, 1, 1);
  EXPECT_EQ(live(0, 50), 0u);
}

TEST_P(JudgeTest, DriftIsJudgedWithTheDaysTruths) {
  rule(RuleMetric::kDriftShare, 0.5, 1, 7);
  EXPECT_TRUE(service_->add_report(drift(0, 2, 4))->alerts.empty());
  EXPECT_EQ(live(0, 0), 1u);
}

TEST_P(JudgeTest, DriftIsJudgedAtOnceWhereTruthsNeverCome) {
  rule(RuleMetric::kDriftShare, 0.5, 1, 1);
  EXPECT_TRUE(service_->add_report(drift(0, 4, 4))->alerts.empty());
  ASSERT_TRUE(service_->append({batch(0, 10)}).ok());
  EXPECT_EQ(service_->add_report(drift(1, 4, 4))->alerts.size(), 1u);
  EXPECT_EQ((*events_->read(0, 100, "alert.raised"))[0].payload["until"], "2014-11-02");
}

TEST_P(JudgeTest, ReportsAreKeptByDayAndReplacedByTheSameRun) {
  const auto first = service_->add_report(drift(0, 1, 4));
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  const auto again = service_->add_report(drift(0, 2, 4));
  EXPECT_EQ(first->id, again->id);
  EXPECT_EQ(service_->report(first->id)->share, 0.5);
  Report other = drift(0, 3, 4);
  other.run_id = "later";
  ASSERT_TRUE(service_->add_report(other).ok());
  ASSERT_TRUE(service_->add_report(drift(1, 0, 4)).ok());
  const auto series = service_->drift_series("d");
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ((*series)[0].share, 0.75);
  EXPECT_EQ(service_->report("nobody").status().code(), StatusCode::kNotFound);
}

TEST_P(JudgeTest, WrongReportsAndRulesNameTheField) {
  Report report = drift(0, 1, 2);
  report.day_ms += 1;
  EXPECT_EQ(service_->add_report(report).status().field(), "day_ms");
  report = drift(0, 1, 2);
  report.kind = "other";
  EXPECT_EQ(service_->add_report(report).status().field(), "kind");
  report = drift(0, 1, 2);
  report.body["features"]["f0"].erase("score");
  EXPECT_EQ(service_->add_report(report).status().field(), "report.features.f0.score");
  EXPECT_EQ(service_->set_rules("d", {{"r", RuleMetric::kDriftShare, 2, 1, 0, ""}}).field(), "rules[0].threshold");
  EXPECT_EQ(service_->set_rules("d", {{"r", RuleMetric::kDriftShare, 0.5, 0, 0, ""}}).field(), "rules[0].window_days");
  EXPECT_FALSE(parse_rule_metric("mae").ok());
}

TREADLE_ON_BOTH_ENGINES(JudgeTest);

}  // namespace
}  // namespace treadle::monitoring
