#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "domains/monitoring/testing.h"

namespace treadle::monitoring {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST_P(MonitoringTest, TruthsJoinByKeyOrIdAndAreMeasured) {
  const auto day = batch(0, 10);
  ASSERT_TRUE(service_->append({day}).ok());
  auto result = service_->add_truths("d", {{key(0, 0), "", 12, {}}, {"", day.rows[1].id, 8, {}}, {"later", "", 1, {}}});
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  EXPECT_EQ(result->joined, 2);
  EXPECT_EQ(result->unmatched, 1);
  const auto points = service_->forecast("d", kDay0, kDay0 + kDayMs, 100);
  ASSERT_EQ(points->size(), 4u);
  EXPECT_EQ((*points)[0].truth, 12);
  EXPECT_EQ((*points)[1].truth, 8);
  EXPECT_EQ((*points)[2].truth, std::nullopt);
  const auto performance = service_->performance("d");
  ASSERT_EQ(performance->series.size(), 1u);
  EXPECT_EQ(performance->series[0].mae, 2);
  EXPECT_EQ(performance->series[0].rmse, 2);
  EXPECT_NEAR(*performance->series[0].mape, 100 * (2.0 / 12 + 2.0 / 8) / 2, 1e-12);
  EXPECT_EQ(performance->series[0].count, 2);
  EXPECT_EQ(performance->series[0].rolling_mae, std::nullopt);
  EXPECT_EQ(performance->baseline_mae, 1.0);
  EXPECT_THAT(types(), Contains("performance.updated"));
}

TEST_P(MonitoringTest, TheNewestTruthAndTheNewestPredictionWin) {
  ASSERT_TRUE(service_->append({batch(0, 10)}).ok());
  ASSERT_TRUE(service_->add_truths("d", {{key(0, 0), "", 11, 200}}).ok());
  ASSERT_TRUE(service_->add_truths("d", {{key(0, 0), "", 99, 100}}).ok());  // seen before the other
  EXPECT_EQ(service_->performance("d")->series[0].mae, 1);
  ASSERT_TRUE(service_->add_truths("d", {{key(0, 0), "", 13, 300}}).ok());
  EXPECT_EQ(service_->performance("d")->series[0].mae, 3);
  const auto second = batch(0, 12, 2);
  ASSERT_TRUE(service_->append({second}).ok());
  const auto points = service_->forecast("d", kDay0, kDay0 + kDayMs, 100);
  ASSERT_EQ(points->size(), 4u);
  EXPECT_EQ((*points)[0].prediction, 12);
  EXPECT_EQ((*points)[0].model_version, 2);
  EXPECT_EQ(service_->performance("d")->series[0].mae, 1) << "measured anew with the prediction that counts";
}

TEST_P(MonitoringTest, TruthsMayComeBeforeTheirPrediction) {
  EXPECT_EQ(service_->add_truths("d", truths(0, 7))->unmatched, 4);
  ASSERT_TRUE(service_->append({batch(0, 10)}).ok());
  EXPECT_EQ(service_->performance("d")->series[0].mae, 3);
}

TEST_P(MonitoringTest, NaiveAndRollingFiguresNeedTheirDays) {
  for (int day = 0; day < 8; ++day) {
    ASSERT_TRUE(service_->append({batch(day, 10)}).ok());
    ASSERT_TRUE(service_->add_truths("d", truths(day, 10 + day)).ok());
  }
  const auto series = service_->performance("d")->series;
  ASSERT_EQ(series.size(), 8u);
  EXPECT_EQ(series[0].naive_day_mae, std::nullopt);
  EXPECT_EQ(series[1].naive_day_mae, 1);
  EXPECT_EQ(series[5].rolling_mae, std::nullopt);
  EXPECT_EQ(series[6].rolling_mae, 3);
  EXPECT_EQ(series[7].rolling_mae, 4);
}

TEST_P(MonitoringTest, EverythingIsThereAfterAStart) {
  const auto day = batch(0, 10);
  ASSERT_TRUE(service_->append({day}).ok());
  start();
  const auto found = service_->prediction(day.rows[2].id);
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_EQ(found->value, 10);
  EXPECT_EQ(found->run_id, "run0");
  EXPECT_EQ(found->features[0], (std::pair<std::string, double>{"a", 2}));
  EXPECT_EQ(service_->add_truths("d", truths(0, 9))->joined, 4);
  EXPECT_EQ(service_->truth("d", key(0, 3))->value().value, 9);
  EXPECT_EQ(service_->prediction("nobody").status().code(), StatusCode::kNotFound);
}

TEST_P(MonitoringTest, AReplacedPredictionIsStillFound) {
  const auto first = batch(0, 10), second = batch(0, 11);
  ASSERT_TRUE(service_->append({first}).ok());
  ASSERT_TRUE(service_->append({second}).ok());
  EXPECT_EQ(service_->prediction(first.rows[0].id)->value, 10);
}

TEST_P(MonitoringTest, APredictionWithoutATimeIsOnlyLoggedUntilItsTruthComes) {
  auto request = batch(0, 10, 1, 1);
  request.rows[0].event_ms.reset();
  request.rows[0].key = "request-7";
  ASSERT_TRUE(service_->append({request}).ok());
  EXPECT_TRUE(service_->forecast("d", INT64_MIN, INT64_MAX, 10)->empty());
  EXPECT_EQ(service_->prediction(request.rows[0].id)->key, "request-7");
  EXPECT_EQ(service_->add_truths("d", {{"", request.rows[0].id, 11, {}}})->joined, 1);
  EXPECT_EQ(service_->forecast("d", INT64_MIN, INT64_MAX, 10)->size(), 1u);
  EXPECT_EQ(service_->add_truths("d", {{"", "unknown", 11, {}}})->unmatched, 1);
}

TEST_P(MonitoringTest, LineageLeadsFromPredictionsToTheModel) {
  ASSERT_TRUE(service_->append({batch(0, 10)}).ok());
  const auto up = graph_->upstream({"predictions", "d/run0"});
  ASSERT_TRUE(up.ok());
  EXPECT_EQ(up->edges.size(), 3u);
}

TEST_P(MonitoringTest, WrongInputNamesTheField) {
  EXPECT_EQ(service_->add_truths("d", {}).status().field(), "truths");
  EXPECT_EQ(service_->add_truths("d", {{"", "", 1, {}}}).status().field(), "truths[0]");
  EXPECT_EQ(service_->add_truths("d", {{"k", "", std::nan(""), {}}}).status().field(), "truths[0].value");
  serving::PredictionBatch bad = batch(0, 1);
  bad.deployment = "../etc";
  EXPECT_EQ(service_->append({bad}).field(), "deployment");
}

TEST_P(MonitoringTest, ManyThreadsLogAtOnce) {
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 10; ++i) failures += !service_->append({batch(t * 10 + i, i)}).ok();
      });
    }
  }
  EXPECT_EQ(failures, 0);
  const auto points = service_->forecast("d", INT64_MIN, INT64_MAX, 10'000);
  ASSERT_EQ(points->size(), 320u);
  for (const ForecastPoint& point : *points) EXPECT_TRUE(service_->prediction(point.prediction_id).ok());
}

TREADLE_ON_BOTH_ENGINES(MonitoringTest);

}  // namespace
}  // namespace treadle::monitoring
