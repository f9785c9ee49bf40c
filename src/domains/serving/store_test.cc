#include "domains/serving/store.h"

#include "storage/sql/testing/engines.h"

namespace treadle::serving {
namespace {

class Deployments : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    store_ = std::make_unique<DeploymentStore>(database());
    ASSERT_TRUE(store_->open().ok());
  }
  DeploymentRow request(std::int64_t version, std::int64_t now_ms, bool stopped = false) {
    const Status written = database().write([&](sql::Connection& tx) {
      return store_->request(tx, "demand", {"energy", version, "why", "run"}, stopped, now_ms).status();
    });
    EXPECT_TRUE(written.ok()) << written.to_string();
    return *store_->get("demand");
  }
  void reached(const DeploymentRow& row, std::int64_t now_ms) {
    const Status written = database().write([&](sql::Connection& tx) { return store_->reached(tx, row, now_ms); });
    EXPECT_TRUE(written.ok()) << written.to_string();
  }
  std::unique_ptr<DeploymentStore> store_;
};

TEST_P(Deployments, AnUnknownOneIsNotFound) {
  EXPECT_EQ(store_->get("demand").status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(store_->list()->empty());
  EXPECT_TRUE(store_->history("demand")->empty());
}

TEST_P(Deployments, EveryRequestIsANewGenerationAndKeepsWhatServes) {
  const std::int64_t later_than_32_bits = 1'800'000'000'000;
  const DeploymentRow first = request(1, later_than_32_bits);
  EXPECT_EQ(first.generation, 1);
  EXPECT_EQ(first.observed, 0);
  EXPECT_EQ(first.created_ms, later_than_32_bits);
  reached(first, 20);
  const DeploymentRow second = request(2, 30);
  EXPECT_EQ(second.generation, 2);
  EXPECT_EQ(second.active_version, 1);
  EXPECT_EQ(second.desired.version, 2);
  EXPECT_EQ(second.created_ms, later_than_32_bits);
}

TEST_P(Deployments, HistoryIsWhatServedNewestFirst) {
  reached(request(1, 10), 11);
  const DeploymentRow bad = request(2, 20);
  ASSERT_TRUE(database().write([&](sql::Connection& tx) { return store_->failed(tx, bad, "no such file", 21); }).ok());
  EXPECT_EQ(store_->get("demand")->error, "no such file");
  EXPECT_EQ(store_->get("demand")->active_version, 1);
  reached(request(3, 30), 31);
  reached(request(3, 40, true), 41);
  EXPECT_EQ(store_->get("demand")->error, "");
  const auto history = *store_->history("demand");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].version, 3);
  EXPECT_EQ(history[0].from_ms, 31);
  EXPECT_EQ(history[1].version, 1);
  EXPECT_EQ(store_->list()->size(), 1u);
}

TREADLE_ON_BOTH_ENGINES(Deployments);

}  // namespace
}  // namespace treadle::serving
