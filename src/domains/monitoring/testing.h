// A monitoring service on a database of its own, for tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/ids.h"
#include "base/time.h"
#include "domains/monitoring/service.h"
#include "storage/sql/testing/engines.h"

namespace treadle::monitoring {

class FixedBaselines final : public BaselineSource {
 public:
  StatusOr<std::optional<double>> test_mae(const std::string&, std::int64_t version) override {
    const auto it = by_version.find(version);
    return it == by_version.end() ? std::optional<double>() : std::optional(it->second);
  }
  std::map<std::int64_t, double> by_version = {{1, 1.0}};
};

class MonitoringTest : public sql::testing::EngineTest {
 protected:
  static constexpr std::int64_t kDay0 = 1414800000000;  // 2014-11-01

  void SetUp() override {
    EngineTest::SetUp();
    if (!IsSkipped()) start();
  }
  void TearDown() override {
    service_.reset();
    graph_.reset();
    events_.reset();
    EngineTest::TearDown();
  }
  // Also again, as after a crash.
  void start() {
    service_.reset();
    graph_.reset();
    events_.reset();
    reopen();
    events_ = std::make_unique<events::EventLog>(database(), clock_);
    graph_ = std::make_unique<lineage::Graph>(database(), clock_);
    ASSERT_TRUE(events_->open().ok());
    ASSERT_TRUE(graph_->open().ok());
    service_ = std::make_unique<Service>(database(), *events_, *graph_, clock_, baselines_,
                                         PredictionLog::Options{.folder = folder(), .bytes_per_segment = 4096});
    const Status status = service_->open();
    ASSERT_TRUE(status.ok()) << status.to_string();
  }
  std::filesystem::path folder() const { return dir_->path() / "predictions"; }

  // A day's predictions, `rows` of them, all of one value.
  serving::PredictionBatch batch(std::int64_t day, double value, std::int64_t version = 1, int rows = 4) {
    serving::PredictionBatch made;
    made.deployment = "d";
    made.model = "m";
    made.model_version = version;
    made.time_ms = clock_.now_ms();
    made.run_id = str_cat("run", day);
    made.feature_names = {"a", "b"};
    for (int i = 0; i < rows; ++i) {
      made.rows.push_back({new_ulid(), key(day, i), kDay0 + day * kDayMs + i * kHourMs, value});
      made.features.insert(made.features.end(), {static_cast<float>(i), 0.5F});
    }
    return made;
  }
  std::string key(std::int64_t day, int i) { return format_rfc3339(kDay0 + day * kDayMs + i * kHourMs); }
  std::vector<Truth> truths(std::int64_t day, double value, int rows = 4) {
    std::vector<Truth> made;
    made.reserve(static_cast<std::size_t>(rows));
    for (int i = 0; i < rows; ++i) made.push_back({key(day, i), "", value, kDay0 + (day + 1) * kDayMs});
    return made;
  }
  std::vector<std::string> types() {
    std::vector<std::string> types;
    const auto events = events_->read(0, 1000);
    for (const auto& event : *events) types.push_back(event.type);
    return types;
  }

  StatusOr<TempDir> dir_ = TempDir::create();
  ManualClock clock_{1'000'000};
  FixedBaselines baselines_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<lineage::Graph> graph_;
  std::unique_ptr<Service> service_;
};

}  // namespace treadle::monitoring
