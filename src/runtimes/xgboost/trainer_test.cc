#include "runtimes/xgboost/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "runtimes/xgboost/forest.h"

namespace treadle::xgboost {
namespace {

struct Made {
  std::vector<std::string> names = {"a", "b", "größe"};
  std::vector<float> values;
  std::vector<float> labels;
  Rows rows() const { return {values, labels, names}; }
};

Made make(std::size_t rows, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-2, 2);
  Made made;
  for (std::size_t i = 0; i < rows; ++i) {
    const float a = uniform(random);
    const float b = uniform(random);
    const float c = uniform(random);
    made.values.insert(made.values.end(), {a, i % 10 == 0 ? std::numeric_limits<float>::quiet_NaN() : b, c});
    made.labels.push_back(a * a > 1 ? 1.0F : std::abs(b * 0.2F));
  }
  return made;
}

class Objectives : public ::testing::TestWithParam<const char*> {};

TEST_P(Objectives, ForestPredictsWhatTheLibraryPredicts) {
  const Made data = make(2000, 1);
  const TrainOptions options{.params = {{"objective", GetParam()}, {"max_depth", "5"}}, .rounds = 40};
  const auto trained = train(data.rows(), {}, options);
  ASSERT_TRUE(trained.ok()) << trained.status().to_string();
  const auto expected = library_predict(trained->model, data.values, 3);
  ASSERT_TRUE(expected.ok()) << expected.status().to_string();
  const auto forest = Forest::parse(trained->model);
  ASSERT_TRUE(forest.ok()) << forest.status().to_string();
  EXPECT_EQ(forest->feature_names(), data.names);
  std::vector<float> got(data.labels.size());
  forest->predict(data.values.data(), got.size(), 3, got.data());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], (*expected)[i], 1e-5 * std::abs((*expected)[i]));
}
INSTANTIATE_TEST_SUITE_P(Trained, Objectives,
                         ::testing::Values("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror",
                                           "binary:logistic"));

TEST(Trainer, ReportsEveryRoundAndLearns) {
  const Made data = make(1500, 1);
  const Made later = make(500, 2);
  std::vector<double> valid;
  const auto trained = train(data.rows(), {{"train", data.rows()}, {"valid", later.rows()}},
                             {.params = {{"eval_metric", "mae"}}, .rounds = 30}, [&](int round, const auto& metrics) {
                               EXPECT_EQ(round, static_cast<int>(valid.size()));
                               EXPECT_EQ(metrics.at(1).first, "valid-mae");
                               valid.push_back(metrics.at(1).second);
                               return ok_status();
                             });
  ASSERT_TRUE(trained.ok()) << trained.status().to_string();
  ASSERT_EQ(valid.size(), 30u);
  EXPECT_LT(valid.back(), valid.front() / 3);
  EXPECT_EQ(trained->importances.front().first, "a");
}

TEST(Trainer, SameInputsGiveTheSameModel) {
  const Made data = make(800, 3);
  const TrainOptions options{.params = {{"subsample", "0.8"}, {"colsample_bytree", "0.6"}, {"seed", "7"}},
                             .rounds = 20};
  EXPECT_EQ(train(data.rows(), {}, options)->model, train(data.rows(), {}, options)->model);
}

TEST(Trainer, ErrorsNameWhatIsWrong) {
  Made data = make(50, 1);
  const auto message = [&](TrainOptions options) { return train(data.rows(), {}, options).status().message(); };
  EXPECT_NE(message({.params = {{"max_dpth", "3"}}}).find("did you mean 'max_depth'"), std::string::npos);
  EXPECT_NE(message({.params = {{"max_depth", "x"}}}).find("max_depth"), std::string::npos);
  EXPECT_NE(message({.rounds = 0}).find("rounds"), std::string::npos);
  data.labels[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(message({}).find("row 7"), std::string::npos);
  data.labels.pop_back();
  EXPECT_FALSE(train(data.rows(), {}, {}).ok());
}

TEST(Trainer, ARoundMayStopTheTraining) {
  const Made data = make(100, 1);
  const auto stopped = train(data.rows(), {{"train", data.rows()}}, {},
                             [](int, const auto&) { return Status(StatusCode::kCancelled, "enough"); });
  EXPECT_EQ(stopped.status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace treadle::xgboost
