#include "runtimes/xgboost/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/json.h"
#include "runtimes/xgboost/ubjson.h"

namespace treadle::xgboost {
namespace {

using ::testing::HasSubstr;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// x < 0.5 ? 1 : (y < 2 ? 10 : 20); a missing x goes right, a missing y goes left.
Json tree() {
  return {{"tree_param", {{"num_nodes", "5"}, {"size_leaf_vector", "1"}}},
          {"left_children", {1, -1, 3, -1, -1}},
          {"right_children", {2, -1, 4, -1, -1}},
          {"split_indices", {0, 0, 1, 0, 0}},
          {"split_conditions", {0.5, 1, 2, 10, 20}},
          {"default_left", {0, 0, 1, 0, 0}}};
}

Json model(const std::string& objective = "reg:squarederror", const std::string& base = "[1E0]", int trees = 1) {
  Json all = Json::array();
  for (int i = 0; i < trees; ++i) all.push_back(tree());
  Json starts = Json::array();
  for (int i = 0; i <= trees; ++i) starts.push_back(i);
  return {
      {"learner",
       {{"attributes", Json::object()},
        {"feature_names", {"x", "y"}},
        {"gradient_booster", {{"name", "gbtree"}, {"model", {{"trees", all}, {"iteration_indptr", starts}}}}},
        {"learner_model_param", {{"base_score", base}, {"num_class", "0"}, {"num_feature", "2"}, {"num_target", "1"}}},
        {"objective", {{"name", objective}}}}},
      {"version", {3, 4, 1}}};
}

float one(const Forest& forest, float x, float y) {
  const float row[2] = {x, y};
  float out = 0;
  forest.predict(row, 1, 2, &out);
  return out;
}

TEST(Forest, WalksMissingAndEqualAsXgboostDoes) {
  const auto forest = Forest::parse(to_text(model()));
  ASSERT_TRUE(forest.ok()) << forest.status().message();
  EXPECT_EQ(forest->features(), 2u);
  EXPECT_THAT(forest->feature_names(), ::testing::ElementsAre("x", "y"));
  EXPECT_FLOAT_EQ(one(*forest, 0.4F, 0), 2);
  EXPECT_FLOAT_EQ(one(*forest, 0.5F, 0), 11);  // equal is not below
  EXPECT_FLOAT_EQ(one(*forest, 1, 3), 21);
  EXPECT_FLOAT_EQ(one(*forest, kNan, 3), 21);
  EXPECT_FLOAT_EQ(one(*forest, kNan, kNan), 11);
  EXPECT_FLOAT_EQ(one(*forest, std::numeric_limits<float>::infinity(), 3), 21);
  EXPECT_FLOAT_EQ(one(*forest, -std::numeric_limits<float>::infinity(), 3), 2);
}

TEST(Forest, ManyRowsAndTreesAgreeWithOneByOne) {
  const auto forest = Forest::parse(to_text(model("reg:squarederror", "0.5", 19)));
  ASSERT_TRUE(forest.ok());
  std::vector<float> rows;
  for (int i = 0; i < 21; ++i) rows.insert(rows.end(), {static_cast<float>(i % 2), static_cast<float>(i % 5), 99.0F});
  std::vector<float> out(21);
  forest->predict(rows.data(), 21, 3, out.data());
  for (std::size_t i = 0; i < 21; ++i) EXPECT_EQ(out[i], one(*forest, rows[i * 3], rows[i * 3 + 1])) << i;
}

TEST(Forest, LinkFunctions) {
  EXPECT_NEAR(one(*Forest::parse(to_text(model("binary:logistic", "0.25"))), 0, 0),
              1 / (1 + std::exp(-(1 - std::log(3.0)))), 1e-6);
  EXPECT_NEAR(one(*Forest::parse(to_text(model("count:poisson", "2"))), 0, 0), 2 * std::exp(1.0), 1e-5);
}

TEST(Forest, BestIterationAndDart) {
  Json early = model("reg:squarederror", "0", 3);
  early["learner"]["attributes"]["best_iteration"] = "1";
  EXPECT_FLOAT_EQ(one(*Forest::parse(to_text(early)), 0, 0), 3);
  EXPECT_FLOAT_EQ(one(*Forest::parse(to_text(early), Forest::Trees::kBestIteration), 0, 0), 2);
  Json dart = model("reg:squarederror", "0", 2);
  dart["learner"]["gradient_booster"] = {
      {"name", "dart"}, {"gbtree", dart["learner"]["gradient_booster"]}, {"weight_drop", {0.5, 2}}};
  EXPECT_FLOAT_EQ(one(*Forest::parse(to_text(dart)), 0, 0), 2.5);
}

TEST(Forest, RefusesWhatItWouldGetWrong) {
  const auto refused = [](const Json& json, StatusCode code, const std::string& text) {
    const auto forest = Forest::parse(to_text(json));
    EXPECT_EQ(forest.status().code(), code) << text;
    EXPECT_THAT(forest.status().message(), HasSubstr(text));
  };
  refused(model("multi:softprob"), StatusCode::kUnimplemented, "multi:softprob");
  Json json = model();
  json["learner"]["learner_model_param"]["num_class"] = "3";
  refused(json, StatusCode::kUnimplemented, "multi-class");
  json = model();
  json["learner"]["gradient_booster"]["name"] = "gblinear";
  refused(json, StatusCode::kUnimplemented, "gblinear");
  Json& broken = (json = model())["learner"]["gradient_booster"]["model"]["trees"][0];
  broken["categories_nodes"] = {1};
  refused(json, StatusCode::kUnimplemented, "categorical");
  broken = tree();
  broken["left_children"][2] = 0;  // a cycle
  refused(json, StatusCode::kInvalidArgument, "node 2 has the child 0");
  broken = tree();
  broken["right_children"][0] = 9;
  refused(json, StatusCode::kInvalidArgument, "child 9");
  broken = tree();
  broken["split_indices"][0] = 2;
  refused(json, StatusCode::kInvalidArgument, "splits on feature 2 of 2");
  broken = tree();
  broken["split_conditions"] = {1};
  refused(json, StatusCode::kInvalidArgument, "has 1 entries for 5 nodes");
  EXPECT_FALSE(Forest::parse("").ok());
  EXPECT_FALSE(Forest::parse("{}").ok());
  EXPECT_EQ(Forest::parse("binf....").status().code(), StatusCode::kUnimplemented);
}

TEST(Ubjson, ReadsWhatNlohmannWrites) {
  const Json json = model();
  const std::vector<std::uint8_t> bytes = Json::to_ubjson(json, true, false);
  const auto read = parse_ubjson({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, json);
}

TEST(Ubjson, BrokenInputNeverTakesMoreThanItIs) {
  using namespace std::string_view_literals;
  for (const std::string_view bytes :
       {""sv, "["sv, "{"sv, "[$Z#L\x7f\0\0\0\0\0\0\0"sv, "[$d#L\x7f\0\0\0\0\0\0\0"sv, "[#L\x7f\0\0\0\0\0\0\0Z"sv,
        "SL\x7f\0\0\0\0\0\0\0x"sv, "{i\x01"sv, "ZZ"sv, "x"sv, "[$d"sv, "Si\xff"sv}) {
    EXPECT_FALSE(parse_ubjson(bytes).ok());
  }
  EXPECT_FALSE(parse_ubjson(std::string(1000, '[')).ok());
  const std::vector<std::uint8_t> whole = Json::to_ubjson(model(), true, false);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_ubjson({reinterpret_cast<const char*>(whole.data()), size}).ok());
  }
}

}  // namespace
}  // namespace treadle::xgboost
