#include "domains/tracking/metric_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "domains/tracking/testing/tracking_test.h"

namespace treadle::tracking {
namespace {

class MetricStore : public testing::TrackingTest {
 protected:
  void log(const std::vector<Metric>& metrics) {
    const Status status = tracking().log_batch(run_, {.metrics = metrics});
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
  std::vector<Point> read(PointQuery query) {
    query.run_id = run_;
    const auto page = tracking().metric_history(query);
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    return page.ok() ? page->items : std::vector<Point>{};
  }
  // Page after page, as a client reads.
  std::vector<Point> read_pages(const std::string& key, PointOrder order, std::int64_t size) {
    std::vector<Point> all;
    PointQuery query{.run_id = run_, .key = key, .order = order, .limit = size};
    while (true) {
      const auto page = tracking().metric_history(query);
      EXPECT_TRUE(page.ok());
      if (!page.ok()) return all;
      all.insert(all.end(), page->items.begin(), page->items.end());
      if (!page->more) return all;
      EXPECT_EQ(page->items.size(), static_cast<std::size_t>(size));
      query.offset += size;
    }
  }
  std::int64_t segments() {
    std::int64_t count = 0;
    EXPECT_TRUE(database()
                    .read([&](sql::Connection& connection) -> Status {
                      ASSIGN_OR_RETURN(const auto found,
                                       connection.query_integer("SELECT COUNT(*) FROM metric_segments"));
                      count = found.value_or(0);
                      return ok_status();
                    })
                    .ok());
    return count;
  }
  void SetUp() override {
    TrackingTest::SetUp();
    const auto run = tracking().create_run({.name = "r"});
    ASSERT_TRUE(run.ok());
    run_ = run->id;
  }
  std::string run_;
};

// The oracle is a plain map of sorted vectors; batches of all sizes, keys few and many, times and steps out of order.
TEST_P(MetricStore, ReadsBackWhatAnyMixOfBatchesWrote) {
  std::mt19937 random(11);
  std::map<std::string, std::vector<Point>> expected;
  for (int call = 0; call < 900; ++call) {
    std::vector<Metric> metrics;
    const int size = call % 7 == 0 ? 200 : 1;
    for (int i = 0; i < size; ++i) {
      const std::string key = call % 3 == 0 ? "k" + std::to_string(random() % 40) : "loss";
      const bool shuffled = call % 11 == 0;
      const std::int64_t step = shuffled ? static_cast<std::int64_t>(random() % 1000) : call * 10 + i / 40;
      metrics.push_back({key, static_cast<double>(random() % 5), 1000 + (shuffled ? 3 : step), step});
      expected[key].push_back({step, metrics.back().time_ms, metrics.back().value});
    }
    log(metrics);
  }
  for (auto& [key, points] : expected) {
    for (const PointOrder order : {PointOrder::kTime, PointOrder::kStep}) {
      arrange(points, order);
      EXPECT_EQ(read({.key = key, .order = order}), points) << key;
      if (key == "loss" || key == "k7") {
        EXPECT_EQ(read_pages(key, order, 97), points) << key;
      }
    }
    std::vector<Point> middle;
    std::copy_if(points.begin(), points.end(), std::back_inserter(middle),
                 [](const Point& point) { return point.step >= 2000 && point.step <= 4000; });
    EXPECT_EQ(read({.key = key, .order = PointOrder::kStep, .from_step = 2000, .to_step = 4000}), middle);
  }
  const auto run = tracking().get_run(run_);
  ASSERT_EQ(run->metrics.size(), expected.size());
  for (const Metric& newest : run->metrics) {
    const Point& last = expected[newest.key].back();  // in order of step by now
    EXPECT_EQ(newest.step, last.step) << newest.key;
    EXPECT_EQ(newest.time_ms, last.time_ms) << newest.key;
    EXPECT_EQ(newest.value, last.value) << newest.key;
  }
}

TEST_P(MetricStore, ALongSeriesLiesInFewSegmentsAndAnEndedRunInOne) {
  for (int call = 0; call < 64; ++call) {
    std::vector<Metric> metrics;
    for (int i = 0; i < 1000; ++i) metrics.push_back({"loss", 1.0 * i, call * 1000 + i, call * 1000 + i});
    log(metrics);
  }
  for (int call = 0; call < 200; ++call) log({{"loss", 1, 64'000 + call, 64'000 + call}});
  EXPECT_LT(segments(), 40);
  EXPECT_EQ(read({.key = "loss"}).size(), 64'200u);

  const auto small = tracking().create_run({.name = "small"});
  run_ = small->id;
  const std::int64_t before = segments();
  for (int call = 0; call < 10; ++call) log({{"a", 1, call, call}, {"b", 1, call, call}});
  ASSERT_TRUE(tracking().update_run(run_, {.status = RunStatus::kFinished}).ok());
  EXPECT_EQ(segments(), before + 1);
  EXPECT_EQ(read({.key = "b"}).size(), 10u);
}

TEST_P(MetricStore, PointsOfAReleaseThatKeptRowsMoveIn) {
  ASSERT_TRUE(database()
                  .write([&](sql::Connection& tx) -> Status {
                    for (int i = 0; i < 5000; ++i) {
                      RETURN_IF_ERROR(
                          tx.execute("INSERT INTO metrics(run_id, key, step, time_ms, value, is_nan)"
                                     " VALUES (?, 'old', ?, ?, ?, ?)",
                                     {run_, i, i, 0.5, i == 7}));
                    }
                    return ok_status();
                  })
                  .ok());
  ASSERT_TRUE(tracking().open().ok());
  const auto points = read({.key = "old"});
  ASSERT_EQ(points.size(), 5000u);
  EXPECT_TRUE(std::isnan(points[7].value));
  EXPECT_EQ(points[4999], (Point{4999, 4999, 0.5}));
}

TREADLE_ON_BOTH_ENGINES(MetricStore);

}  // namespace
}  // namespace treadle::tracking
