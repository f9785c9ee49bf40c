#include "domains/monitoring/prediction_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/ids.h"
#include "domains/monitoring/batch_line.h"
#include "storage/table/table.h"

namespace treadle::monitoring {
namespace {

serving::PredictionBatch batch(const std::string& id) {
  serving::PredictionBatch made;
  made.deployment = "d";
  made.model = "m\"\n";
  made.model_version = 3;
  made.feature_names = {"x", "y"};
  made.features = {0.1F, NAN};
  made.rows = {{id, "k", std::nullopt, 1.5}};
  return made;
}

class Log : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start(std::int64_t bytes = 1 << 20) {
    log_ = std::make_unique<PredictionLog>(PredictionLog::Options{.folder = dir_->path(), .bytes_per_segment = bytes});
    ASSERT_TRUE(log_->open().ok());
  }
  std::filesystem::path segment() const { return dir_->path() / "d" / "00000001.ndjson"; }
  StatusOr<TempDir> dir_ = TempDir::create();
  std::unique_ptr<PredictionLog> log_;
};

TEST_F(Log, ALineComesBackAsItWent) {
  const auto rows = decode_line(encode_line(batch("a")));
  ASSERT_TRUE(rows.ok()) << rows.status().to_string();
  EXPECT_EQ((*rows)[0].model, "m\"\n");
  EXPECT_EQ((*rows)[0].event_ms, std::nullopt);
  EXPECT_EQ(static_cast<float>((*rows)[0].features[0].second), 0.1F);
  EXPECT_TRUE(std::isnan((*rows)[0].features[1].second));
  EXPECT_EQ(decode_line("{}").status().code(), StatusCode::kDataLoss);
}

TEST_F(Log, ATornTailIsCutOffAndTheLogGoesOn) {
  ASSERT_TRUE(log_->append({batch("a")}).ok());
  ASSERT_TRUE(log_->append({batch("b")}).ok());
  const auto whole = std::filesystem::file_size(segment());
  const std::string zeros(4, '\0');
  for (const std::string& torn : {std::string(R"({"deployment":"d","mo)"), zeros, std::string("{\"deployment\":\n")}) {
    std::ofstream(segment(), std::ios::app | std::ios::binary) << torn;
    start();
    EXPECT_EQ(std::filesystem::file_size(segment()), whole);
  }
  const auto places = log_->append({batch("c")});
  ASSERT_TRUE(places.ok());
  EXPECT_EQ((*places)[0].offset, static_cast<std::int64_t>(whole));
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(log_->find(id).ok()) << id;
  EXPECT_EQ(log_->read("d", (*places)[0], "c")->value, 1.5);
  EXPECT_EQ(log_->read("d", (*places)[0], "a").status().code(), StatusCode::kDataLoss);
}

TEST_F(Log, FullSegmentsBecomeParquet) {
  if (const Status engine = table::check_engine(); !engine.ok()) GTEST_SKIP() << engine.message();
  start(100);
  std::vector<LogPlace> places;
  for (int i = 0; i < 4; ++i) places.push_back(log_->append({batch(str_cat("id", i))})->front());
  EXPECT_EQ(places[3].segment, 4);
  for (int i = 0; i < 1000 && std::filesystem::exists(dir_->path() / "d" / "00000003.ndjson"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(std::filesystem::exists(dir_->path() / "d" / "00000001.parquet"));
  EXPECT_FALSE(std::filesystem::exists(segment()));
  for (int i = 0; i < 4; ++i) {
    const auto found = log_->find(str_cat("id", i));
    ASSERT_TRUE(found.ok()) << found.status().to_string();
    EXPECT_EQ(static_cast<float>(found->features[0].second), 0.1F);
    EXPECT_EQ(found->model_version, 3);
    EXPECT_EQ(found->event_ms, std::nullopt);
    EXPECT_TRUE(log_->read("d", places[static_cast<std::size_t>(i)], str_cat("id", i)).ok());
  }
  EXPECT_EQ(log_->find("id10").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace treadle::monitoring
