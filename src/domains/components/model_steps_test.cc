// train-xgboost, evaluate, gate.
#include <cmath>

#include "domains/components/model_folder.h"
#include "domains/components/scores.h"
#include "domains/components/test_step.h"

namespace treadle::components::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Json training(int rounds = 20) {
  return {{"config", small_config()},
          {"params", {{"objective", "reg:squarederror"}, {"max_depth", 3.0}, {"eval_metric", "mae"}, {"seed", 0}}},
          {"rounds", rounds}};
}

class ModelSteps : public ServerStepTest {
 protected:
  void SetUp() override {
    ServerStepTest::SetUp();
    ASSERT_EQ(error("make-features", {{"config", small_config()}}, {{"dataset", put("raw", made_rows(40))}}), "OK");
    ASSERT_EQ(error("time-split", {{"test_days", 7}}, {{"dataset", path("features")}}), "OK");
  }
  // The model folder is moved to path(name), so that another training does not overwrite it.
  void train(const std::string& name, const Json& parameters) {
    const auto status = run("train-xgboost", parameters, {{"train", path("train")}, {"test", path("test")}});
    ASSERT_EQ(status.to_string(), "OK");
    std::filesystem::rename(path("model"), path(name));
  }
  std::string refuse(const char* name, Json value) {
    Json parameters = training(2);
    parameters[name] = std::move(value);
    return error("train-xgboost", parameters, {{"train", path("train")}, {"test", path("test")}});
  }
  double mae_of(const std::string& model) {
    const auto loaded = load_model_folder(path(model));
    EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
    const table::Table test = rows_of("test");
    return score(test.as_doubles("demand").value(), predict(*loaded, test).value())->mae;
  }
};

TEST_F(ModelSteps, TrainingLogsEveryRoundAndWhatItRanWith) {
  train("one", training());
  const auto sent_metrics = sent("POST", "/log");
  std::map<std::string, std::vector<double>> series;
  for (const auto& one : sent_metrics) {
    for (const Json& metric : one.body.value("metrics", Json::array())) {
      if (metric.contains("step")) series[metric["key"]].push_back(metric["value"]);
    }
  }
  for (const char* key : {"train-mae", "test-mae"}) {
    ASSERT_EQ(series[key].size(), 20U) << key;
    EXPECT_LT(series[key].back(), series[key].front() / 2);
  }
  EXPECT_NEAR(series["test-mae"].back(), mae_of("one"), 1e-5);
  const Json params = logged("params");
  EXPECT_EQ(params["max_depth"], "3") << "a whole number, though KFP hands over a double";
  EXPECT_EQ(params["rounds"], 20);
  EXPECT_TRUE(logged("tags").contains("treadle.build_id"));
  std::vector<std::string> uploaded;
  for (const auto& one : sent("PUT", "/artifacts/"))
    uploaded.push_back(one.path.substr(one.path.find("/artifacts/") + 11));
  EXPECT_THAT(uploaded, ::testing::IsSupersetOf({"environment.json", "model/MLmodel", "model/model.ubj",
                                                 "model/features.json", "model/reference.parquet"}));
}

TEST_F(ModelSteps, TheSameInputMakesTheSameModel) {
  train("one", training());
  train("two", training());
  EXPECT_EQ(read_file(path("one") / "model.ubj").value(), read_file(path("two") / "model.ubj").value());
}

TEST_F(ModelSteps, RowsWithoutATruthAreNotTrainedOn) {
  table::Table rows = rows_of("train");
  for (std::size_t i = 400; i < 500; ++i) column_of(rows, "demand").doubles[i] = NAN;
  put("train", rows);
  train("gaps", training());
  EXPECT_LT(mae_of("gaps"), 0.2);
}

TEST_F(ModelSteps, TrainingRefusesByName) {
  EXPECT_THAT(refuse("rounds", 0), HasSubstr("rounds"));
  EXPECT_THAT(refuse("rounds", "many"), HasSubstr("rounds"));
  EXPECT_THAT(refuse("params", {{"max_depth", "deep"}}), HasSubstr("max_depth"));
  EXPECT_THAT(refuse("params", {{"objective", "reg:guess"}}), HasSubstr("reg:guess"));
  EXPECT_THAT(refuse("params", {{"max_depth", {1, 2}}}), AllOf(HasSubstr("params"), HasSubstr("max_depth")));
  EXPECT_THAT(refuse("params", "not json"), HasSubstr("params"));
  EXPECT_THAT(refuse("reference_days", 0), HasSubstr("reference_days"));
  EXPECT_THAT(refuse("config", Json::object()), HasSubstr("config"));
  Json config = small_config();
  config["lags"] = {96};
  EXPECT_THAT(refuse("config", config), AllOf(HasSubstr("demand_lag_96"), HasSubstr("there are")));
  EXPECT_THAT(error("train-xgboost", training()), HasSubstr("train"));
  EXPECT_THAT(error("train-xgboost", training(), {{"train", put("few", rows_of("train").slice(0, 100))}}),
              HasSubstr("336 steps of history"));
  table::Table endless = rows_of("train");
  column_of(endless, "temperature").doubles[700] = INFINITY;
  EXPECT_THAT(error("train-xgboost", training(), {{"train", put("endless", endless)}}),
              AllOf(HasSubstr("temperature"), HasSubstr("row 700")));
}

TEST_F(ModelSteps, EvaluationScoresTheModelAndTheNaiveForecasts) {
  train("one", training());
  ASSERT_EQ(
      error("evaluate", Json::object(), {{"model", path("one")}, {"train", path("train")}, {"test", path("test")}}),
      "OK");
  const Json scores = parse_json(parameter("scores")).value();
  EXPECT_NEAR(scores["test_mae"].get<double>(), mae_of("one"), 1e-9);
  EXPECT_LT(scores["test_mae"], scores["naive_day_mae"]);
  // By hand, from the rows.
  const auto demand = rows_of("features").as_doubles("demand").value();
  double week = 0, inside = 0;
  for (std::size_t i = 33 * 48; i < 40 * 48; ++i) week += std::abs(demand[i] - demand[i - 336]) / 336;
  for (std::size_t i = 48; i < 33 * 48; ++i) inside += std::abs(demand[i] - demand[i - 48]) / (32 * 48);
  EXPECT_NEAR(scores["naive_week_mae"].get<double>(), week, 1e-12);
  EXPECT_NEAR(scores["test_mase"].get<double>(), scores["test_mae"].get<double>() / inside, 1e-9);
  EXPECT_NEAR(scores["test_rmse"].get<double>(), std::sqrt(scores["test_mse"].get<double>()), 1e-12);
  EXPECT_EQ(logged("metrics")["test_mae"], scores["test_mae"]);
  EXPECT_THAT(read_file(path("plots")).value(), AllOf(HasSubstr("<svg"), HasSubstr("demand")));
}

TEST_F(ModelSteps, EvaluationRefusesWhatItCannotScore) {
  train("one", training(2));
  const auto with = [&](const std::filesystem::path& model, const std::filesystem::path& test) {
    return error("evaluate", Json::object(), {{"model", model}, {"train", path("train")}, {"test", test}});
  };
  EXPECT_THAT(with(path("none"), path("test")), HasSubstr("none"));
  EXPECT_THAT(with(path("one"), path("missing")), HasSubstr("missing"));
  EXPECT_THAT(with(path("one"), put("raw_test", made_rows(2))), HasSubstr("half_hour"));
  EXPECT_THAT(with(path("one"), put("empty", rows_of("test").slice(0, 0))), HasSubstr("no row"));
  table::Table unknown = rows_of("test");
  for (double& value : column_of(unknown, "demand").doubles) value = NAN;
  EXPECT_THAT(with(path("one"), put("unknown", unknown)), HasSubstr("no row"));
  ASSERT_TRUE(write_file_atomic(path("one") / "features.json", "{}").ok());
  EXPECT_THAT(with(path("one"), path("test")), HasSubstr("features.json"));
}

class Gate : public ModelSteps {
 protected:
  // The champion as the server would hand it out.
  void deploy(const std::string& folder) {
    on("GET /api/v1/deployments/d", Json{{"model", "m"}, {"version", 3}});
    on("GET /api/v1/models/m",
       Json{{"versions", {{{"version", 3}, {"run_id", "r"}, {"source", "x:/1/r/artifacts/model"}}}}});
    for (const char* file : {"model.ubj", "features.json"}) {
      on(str_cat("GET /api/v1/runs/r/artifacts/model/", file), 200, read_file(path(folder) / file).value());
    }
  }
  std::string judge(const std::string& challenger, const Json& more = Json::object()) {
    Json parameters = {{"deployment", "d"},
                       {"scores", {{"test_mae", 0.1}, {"naive_day_mae", 0.3}, {"naive_week_mae", 0.2}}}};
    parameters.update(more);
    return error("gate", parameters, {{"model", path(challenger)}, {"test", path("test")}, {"history", path("train")}});
  }
  // As trained until some days before the end of the training rows.
  void trained_until(const std::string& model, const std::string& time) {
    Json features = parse_json(read_file(path(model) / "features.json").value()).value();
    features["trained_until"] = time;
    ASSERT_TRUE(write_file_atomic(path(model) / "features.json", to_text(features)).ok());
  }
};

TEST_F(Gate, WithoutAChampionTheNaiveForecastIsTheOneToBeat) {
  train("one", training(2));
  ASSERT_EQ(judge("one"), "OK");
  EXPECT_EQ(parameter("approved"), "true");
  ASSERT_EQ(judge("one", {{"scores", {{"test_mae", 0.25}, {"naive_day_mae", 0.3}, {"naive_week_mae", 0.2}}}}), "OK");
  EXPECT_EQ(parameter("approved"), "false");
  EXPECT_THAT(parameter("reason"), HasSubstr("0.2"));
  EXPECT_THAT(judge("one", {{"scores", {{"test_mae", 0.1}}}}), HasSubstr("naive_day_mae"));
}

TEST_F(Gate, TheBetterModelWinsOnTheSameRows) {
  train("good", training(40));
  train("poor", training(2));
  deploy("poor");
  ASSERT_EQ(judge("good"), "OK");
  EXPECT_EQ(parameter("approved"), "true");
  Json report = json_of("report");
  EXPECT_NEAR(report["challenger_mae"].get<double>(), mae_of("good"), 1e-9);
  EXPECT_NEAR(report["champion_mae"].get<double>(), mae_of("poor"), 1e-9);
  EXPECT_EQ(report["backtest_rows"], 336);
  EXPECT_EQ(logged("tags")["treadle.gate"], "approved");
  deploy("good");
  ASSERT_EQ(judge("poor"), "OK");
  EXPECT_EQ(parameter("approved"), "false");
  EXPECT_THAT(parameter("reason"), HasSubstr("champion stays"));
  ASSERT_EQ(judge("poor", {{"tolerance", 100}}), "OK");
  EXPECT_EQ(parameter("approved"), "true");
}

TEST_F(Gate, RowsThatTheChampionWasTrainedOnDoNotCount) {
  train("good", training(40));
  train("poor", training(2));
  trained_until("poor", format_rfc3339(kStart + 38 * kDayMs - kStep));
  deploy("poor");
  ASSERT_EQ(judge("good"), "OK");
  EXPECT_EQ(json_of("report")["backtest_rows"], 96);
  EXPECT_EQ(json_of("report")["champion_trained_on_backtest"], false);
  trained_until("poor", format_rfc3339(kStart + 40 * kDayMs));
  deploy("poor");
  ASSERT_EQ(judge("good"), "OK");
  EXPECT_EQ(json_of("report")["champion_trained_on_backtest"], true);
}

// A changed feature configuration must not keep every new model out.
TEST_F(Gate, AChampionWithOtherFeaturesIsJudgedByItsOwn) {
  train("old", training(40));
  Json config = small_config();
  config["lags"] = {48, 96, 144};
  ASSERT_EQ(error("make-features", {{"config", config}}, {{"dataset", path("raw")}}), "OK");
  ASSERT_EQ(error("time-split", {{"test_days", 7}}, {{"dataset", path("features")}}), "OK");
  Json parameters = training(40);
  parameters["config"] = config;
  const double old_mae = [&] {
    EXPECT_EQ(error("make-features", {{"config", small_config()}}, {{"dataset", path("raw")}}), "OK");
    const table::Table all = rows_of("features");
    const table::Table test = all.slice(33 * 48, 7 * 48);
    return score(test.as_doubles("demand").value(), predict(*load_model_folder(path("old")), test).value())->mae;
  }();
  train("new", parameters);
  deploy("old");
  ASSERT_EQ(judge("new"), "OK");
  EXPECT_NEAR(json_of("report")["champion_mae"].get<double>(), old_mae, 1e-9);
}

TEST_F(Gate, RefusesByNameAndPassesTheServersTroubleOn) {
  train("one", training(2));
  EXPECT_THAT(judge("one", {{"tolerance", 0}}), HasSubstr("tolerance"));
  EXPECT_THAT(judge("one", {{"deployment", nullptr}}), HasSubstr("deployment"));
  on("GET /api/v1/deployments/d", 500, R"({"error":{"code":"INTERNAL","message":"disk on fire"}})");
  EXPECT_THAT(judge("one"), HasSubstr("disk on fire"));
  on("GET /api/v1/deployments/d", 200, R"({"model":7})");
  EXPECT_THAT(judge("one"), HasSubstr("model"));
  on("GET /api/v1/deployments/d", 200, "not json");
  EXPECT_THAT(judge("one"), HasSubstr("JSON"));
  deploy("one");
  on("GET /api/v1/runs/r/artifacts/model/model.ubj", 200, "not a model");
  EXPECT_NE(judge("one"), "OK");
  on("GET /api/v1/models/m", Json{{"versions", Json::array()}});
  EXPECT_THAT(judge("one"), HasSubstr("no version 3"));
}

}  // namespace
}  // namespace treadle::components::testing
