#include "app/raw_rows.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/time.h"
#include "storage/table/table.h"

namespace treadle::app {
namespace {

class RawRowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    table::Column time{.name = "timestamp", .type = table::ColumnType::kTime};
    std::vector<double> demand;
    for (std::int64_t i = 0; i < 96; ++i) {
      time.integers.push_back(first_ms_ + i * 30 * kMinuteMs);
      demand.push_back(static_cast<double>(i));
    }
    table::Table rows;
    ASSERT_TRUE(rows.add(std::move(time)).ok());
    ASSERT_TRUE(rows.add_doubles("demand", std::move(demand)).ok());
    ASSERT_TRUE(table::write_table(rows, file_, table::Format::kParquet).ok());

    pipelines::Task import, features;
    import.component = "comp-import-data";
    import.state = features.state = pipelines::TaskState::kSucceeded;
    import.outputs["artifacts"]["dataset"] = {{"uri", file_.string()},
                                              {"sha256", "d"},
                                              { "metadata",
                                                { {"source", "x.csv"},
                                                  { "source_line",
                                                    100 } } }};
    features.component = "comp-make-features";
    features.inputs["parameters"]["config"] = {
        {"target", "demand"}, {"time", "timestamp"}, {"horizon", 48}, {"lags", {48}}, {"calendar", {"hour"}}};
    tasks_ = {import, features};
    prediction_.event_ms = first_ms_ + 50 * 30 * kMinuteMs;
  }
  RawRows find() {
    auto found = find_raw_rows(tasks_, prediction_);
    EXPECT_TRUE(found.ok()) << found.status().to_string();
    return found.ok() ? std::move(*found) : RawRows();
  }

  const std::int64_t first_ms_ = *parse_time("2014-01-01");
  TempDir folder_ = TempDir::create().value();
  std::filesystem::path file_ = folder_.path() / "dataset";
  std::vector<pipelines::Task> tasks_;
  monitoring::LoggedPrediction prediction_;
};

TEST_F(RawRowsTest, AreLeftOutWhereAWindowHoldsTooMany) {
  tasks_[1].inputs["parameters"]["config"]["target_means"] = Json::array({{{"lag", 48}, {"window", 900'000}}});
  const RawRows found = find();
  EXPECT_TRUE(found.rows.empty());
  EXPECT_NE(found.source["missing"].get<std::string>().find("windows"), std::string::npos) << found.source;
}

TEST_F(RawRowsTest, AreTheOnesThatTheFeaturesUse) {
  const RawRows found = find();
  ASSERT_EQ(found.rows.size(), 2U);
  EXPECT_EQ(found.rows[0]["demand"], 2.0);
  EXPECT_EQ(found.rows[0]["line"], 102);
  EXPECT_EQ(found.rows[0]["features"], Json({"demand_lag_48"}));
  EXPECT_TRUE(found.rows[1]["demand"].is_null()) << "the demand of the moment itself is not used";
  EXPECT_EQ(found.rows[1]["features"], Json({"hour"}));
  EXPECT_EQ(found.source["path"], "x.csv");
}

TEST_F(RawRowsTest, SayWhyThereAreNone) {
  prediction_.event_ms.reset();
  EXPECT_EQ(find().source["missing"], "the prediction has no time");
  prediction_.event_ms = first_ms_;
  tasks_[1].inputs["parameters"]["config"] = {{"lags", "many"}};
  EXPECT_EQ(find().source["missing"], "no step of the run was given a feature config");
  SetUp();
  std::filesystem::remove(file_);
  EXPECT_EQ(find().source["missing"], "the imported rows were deleted");
  EXPECT_TRUE(find().rows.empty());
}

TEST_F(RawRowsTest, StepsOfOtherPipelinesAreLeftAlone) {
  const Json good = tasks_[0].outputs;
  for (const Json& outputs :
       {Json(nullptr), Json::array(), Json{{"artifacts", 5}}, Json{{"artifacts", {{"dataset", Json::array({1})}}}},
        Json{{"artifacts", {{"dataset", {{"uri", 7}}}}}}, Json{{"artifacts", Json::object()}}}) {
    tasks_[0].outputs = outputs;
    EXPECT_TRUE(find().source.is_null()) << outputs;
  }
  tasks_[0].outputs = good;
  tasks_[0].outputs["artifacts"]["dataset"]["metadata"] = {{"source_line", "first"}};
  EXPECT_TRUE(find().rows[0]["line"].is_null());
  tasks_[1].inputs = Json::array();
  EXPECT_TRUE(find().source.contains("missing"));
  tasks_.clear();
  EXPECT_TRUE(find().source.is_null());
}

}  // namespace
}  // namespace treadle::app
