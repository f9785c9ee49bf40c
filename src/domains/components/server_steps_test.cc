// register-model, deploy-model, resolve-model, drift-report, batch-predict: what they ask of the server and what they
// make of its answers.
#include <cmath>

#include "domains/components/feature_config.h"
#include "domains/components/test_step.h"

namespace treadle::components::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RegisterModel : public ServerStepTest {
 protected:
  std::string go(const Json& parameters) {
    std::filesystem::create_directories(path("folder"));
    return run("register-model", parameters, {{"model", path("folder")}}, {{"model", {{"artifact_path", "final"}}}})
        .to_string();
  }
  static std::string server_run() { return "0123456789abcdef0123456789abcdef"; }
};

TEST_F(RegisterModel, MakesAVersionOfTheRunsModel) {
  on("POST /api/v1/models/energy%20demand/versions", Json{{"version", 7}});
  on("POST /api/v1/models/energy demand/versions", Json{{"version", 7}});
  ASSERT_EQ(go({{"name", "energy demand"}, {"scores", {{"test_mae", 0.1}}}, {"description", "why"}}), "OK");
  EXPECT_EQ(parameter("version"), "7");
  const auto asked = sent("POST", "/versions");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].body["source"], "final");
  EXPECT_EQ(asked[0].body["run_id"], "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(asked[0].body["metrics"]["test_mae"], 0.1);
  EXPECT_EQ(logged("tags")["treadle.model_version"], "energy demand/7");
}

TEST_F(RegisterModel, RunAgainAfterAnInterruptionItFindsItsVersion) {
  const Json mine = {{"version", 4}, {"run_id", server_run()}, {"source", "mlflow-artifacts:/1/r/artifacts/final"}};
  const Json other = {
      {"version", 5}, {"run_id", server_run()}, {"source", "mlflow-artifacts:/1/r/artifacts/candidate"}};
  on("GET /api/v1/models/m", Json{{"versions", {other, mine}}});
  ASSERT_EQ(go({{"name", "m"}}), "OK");
  EXPECT_EQ(parameter("version"), "4");
  EXPECT_TRUE(sent("POST", "/versions").empty());
}

TEST_F(RegisterModel, RefusesByNameAndPassesTheServersTroubleOn) {
  EXPECT_THAT(go({{"name", ""}}), HasSubstr("name"));
  EXPECT_THAT(go(Json::object()), HasSubstr("name"));
  EXPECT_THAT(go({{"name", "m"}, {"scores", {1}}}), HasSubstr("scores"));
  on("POST /api/v1/models/m/versions", 400, R"({"error":{"code":"INVALID_ARGUMENT","message":"no such artifact"}})");
  EXPECT_THAT(go({{"name", "m"}}), HasSubstr("no such artifact"));
  on("POST /api/v1/models/m/versions", Json::object());
  EXPECT_THAT(go({{"name", "m"}}), HasSubstr("version"));
  unsetenv("TREADLE_RUN_ID");
  EXPECT_THAT(go({{"name", "m"}}), HasSubstr("TREADLE_RUN_ID"));
  setenv("TREADLE_RUN_ID", "r", 1);
  unsetenv("TREADLE_URL");
  EXPECT_THAT(go({{"name", "m"}}), AllOf(HasSubstr("TREADLE_URL"), HasSubstr("treadle up")));
}

class DeployModel : public ServerStepTest {};

TEST_F(DeployModel, DeploysSetsTheAliasAndSaysPromoted) {
  on("PUT /api/v1/deployments/d", Json{{"state", "READY"}, {"endpoint", "/v2/models/d"}});
  on("PUT /api/v1/models/m/aliases/champion", Json::object());
  const Json parameters = {{"deployment", "d"}, {"model_name", "m"}, {"version", 3}, {"reason", "drift"}};
  ASSERT_EQ(error("deploy-model", parameters), "OK");
  EXPECT_EQ(parameter("endpoint"), "/v2/models/d");
  EXPECT_EQ(sent("PUT", "/deployments/d")[0].body["reason"], "drift");
  EXPECT_EQ(sent("PUT", "/aliases/champion")[0].body["version"], 3);
  EXPECT_EQ(logged("tags")["treadle.outcome"], "promoted");
}

TEST_F(DeployModel, AVersionThatDoesNotLoadIsNoPromotion) {
  Json parameters = {{"deployment", "d"}, {"model_name", "m"}, {"version", 3}};
  on("PUT /api/v1/deployments/d", Json{{"state", "FAILED"}, {"error", "model.ubj is cut short"}});
  EXPECT_THAT(error("deploy-model", parameters), HasSubstr("cut short"));
  on("PUT /api/v1/deployments/d", 412, R"({"error":{"code":"FAILED_PRECONDITION","message":"cannot be loaded"}})");
  EXPECT_THAT(error("deploy-model", parameters), HasSubstr("cannot be loaded"));
  EXPECT_TRUE(sent("PUT", "/aliases/").empty());
  EXPECT_FALSE(logged("tags").contains("treadle.outcome"));
  parameters["version"] = 0;
  EXPECT_THAT(error("deploy-model", parameters), HasSubstr("version"));
  parameters.erase("model_name");
  EXPECT_THAT(error("deploy-model", parameters), HasSubstr("model_name"));
}

class ResolveModel : public ServerStepTest {
 protected:
  void SetUp() override {
    ServerStepTest::SetUp();
    on("GET /api/v1/deployments/d", Json{{"model", "m"}, {"version", 3}});
    on("GET /api/v1/models/m",
       Json{{"versions", {{{"version", 3}, {"run_id", "r"}, {"source", "x:/1/r/artifacts/model"}}}}});
    features(Json{{"feature_config", small_config()}});
    put("reference.parquet", made_rows(2));
    on("GET /api/v1/runs/r/artifacts/model/reference.parquet", 200, read_file(path("reference.parquet")).value());
  }
  void features(const Json& json) { on("GET /api/v1/runs/r/artifacts/model/features.json", json); }
  std::string go() { return error("resolve-model", {{"deployment", "d"}}); }
};

TEST_F(ResolveModel, HandsOutWhatTheModelWasTrainedWith) {
  ASSERT_EQ(go(), "OK");
  EXPECT_EQ(parse_json(parameter("feature_config")).value(), small_config());
  EXPECT_EQ(parameter("version"), "3");
  EXPECT_EQ(rows_of("reference").rows(), 96U);
}

TEST_F(ResolveModel, SaysWhatIsNotThere) {
  features(Json::object());
  EXPECT_THAT(go(), AllOf(HasSubstr("feature_config"), HasSubstr("m 3")));
  on("GET /api/v1/runs/r/artifacts/model/features.json", 404,
     R"({"error":{"code":"NOT_FOUND","message":"no artifact"}})");
  EXPECT_THAT(go(), AllOf(HasSubstr("features.json"), HasSubstr("no artifact")));
  on("GET /api/v1/models/m", Json{{"versions", {{{"version", 3}, {"run_id", "r"}, {"source", "s3://elsewhere"}}}}});
  EXPECT_THAT(go(), HasSubstr("s3://elsewhere"));
  EXPECT_THAT(error("resolve-model", {{"deployment", "nobody"}}), HasSubstr("nothing at"));
  EXPECT_THAT(error("resolve-model", Json::object()), HasSubstr("deployment"));
}

class DriftReport : public ServerStepTest {
 protected:
  void SetUp() override {
    ServerStepTest::SetUp();
    on("POST /api/v1/deployments/d/reports", Json{{"id", "R"}});
    put("reference", made_rows(28, 5));
  }
  std::string go(const table::Table& rows, const Json& more = Json::object()) {
    Json parameters = {{"deployment", "d"}, {"origin", "2014-01-15"}};
    parameters.update(more);
    return error("drift-report", parameters, {{"dataset", put("rows", rows)}, {"reference", path("reference")}});
  }
  Json posted(const std::string& kind) {
    for (const auto& one : sent("POST", "/reports")) {
      if (one.body["kind"] == kind) return one.body;
    }
    return {};
  }
};

TEST_F(DriftReport, TheSameKindOfWeekHasNotDrifted) {
  ASSERT_EQ(go(made_rows(16)), "OK");
  const Json drift = posted("drift");
  EXPECT_EQ(drift["day_ms"], *parse_time("2014-01-15"));
  EXPECT_EQ(drift["report"]["share"], 0.0);
  EXPECT_EQ(drift["report"]["features"].size(), 3U);
  EXPECT_EQ(posted("quality")["run_id"], "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(logged("metrics")["drift_share"], 0.0);
}

TEST_F(DriftReport, NamesTheColumnThatMoved) {
  table::Table rows = made_rows(16);
  for (double& value : column_of(rows, "temperature").doubles) value += 10;
  ASSERT_EQ(go(rows), "OK");
  const Json features = posted("drift")["report"]["features"];
  EXPECT_EQ(features["temperature"]["drifted"], true);
  EXPECT_EQ(features["demand"]["drifted"], false);
  EXPECT_NEAR(parse_double(parameter("share")).value(), 1.0 / 3, 1e-9);
}

TEST_F(DriftReport, OnlyTheDaysBeforeTheOriginCount) {
  table::Table rows = made_rows(16);
  auto& demand = column_of(rows, "demand").doubles;
  for (std::size_t i = 14U * 48; i < demand.size(); ++i) demand[i] = NAN;  // as import-data hides it
  for (std::size_t i = 0; i < 7U * 48; ++i) demand[i] = 1000;
  ASSERT_EQ(go(rows), "OK");
  EXPECT_EQ(posted("drift")["report"]["features"]["demand"]["drifted"], false);
}

TEST_F(DriftReport, RefusesByName) {
  EXPECT_THAT(go(made_rows(16), {{"origin", "soon"}}), HasSubstr("origin"));
  EXPECT_THAT(go(made_rows(16), {{"window_days", 0}}), HasSubstr("window_days"));
  EXPECT_THAT(go(made_rows(16), {{"origin", "2013-06-01"}}), HasSubstr("no row"));
  EXPECT_THAT(go(made_rows(16), {{"time", "demand"}}), HasSubstr("time"));
  table::Table rows = made_rows(16);
  for (double& value : column_of(rows, "demand").doubles) value = NAN;
  EXPECT_THAT(go(rows), HasSubstr("demand"));
  rows = made_rows(16);
  std::erase_if(rows.columns(), [](const table::Column& column) { return column.name == "workday"; });
  EXPECT_THAT(go(rows), HasSubstr("workday"));
  on("POST /api/v1/deployments/d/reports", 404, R"({"error":{"code":"NOT_FOUND","message":"no deployment d"}})");
  EXPECT_THAT(go(made_rows(16)), HasSubstr("no deployment d"));
}

class BatchPredict : public ServerStepTest {
 protected:
  void SetUp() override {
    ServerStepTest::SetUp();
    ASSERT_EQ(error("make-features", {{"config", small_config()}}, {{"dataset", put("raw", made_rows(10))}}), "OK");
    answer(48);
  }
  void answer(int count) {
    Json predictions = Json::array();
    for (int i = 0; i < count; ++i) predictions.push_back({{"id", str_cat("P", i)}, {"value", i * 0.5}});
    on("POST /api/v1/deployments/d:predict", Json{{"predictions", predictions}});
  }
  std::string go(const Json& more = Json::object()) {
    Json parameters = {{"deployment", "d"}, {"origin", "2014-01-09"}, {"config", small_config()}};
    parameters.update(more);
    return error("batch-predict", parameters, {{"features", path("features")}});
  }
};

TEST_F(BatchPredict, AsksForTheHorizonAndKeepsTheAnswer) {
  ASSERT_EQ(go(), "OK");
  const Json body = sent("POST", ":predict").at(0).body;
  ASSERT_EQ(body["rows"].size(), 48U);
  EXPECT_EQ(body["rows"][0]["key"], "2014-01-09T00:00:00");
  EXPECT_EQ(body["rows"][47]["event_ms"], *parse_time("2014-01-09T23:30"));
  EXPECT_EQ(body["origin_ms"], *parse_time("2014-01-09"));
  const auto lag = rows_of("features").as_doubles("demand_lag_48").value();
  EXPECT_EQ(body["rows"][3]["features"]["demand_lag_48"], lag[8 * 48 + 3]);
  EXPECT_EQ(body["rows"][0]["features"].size(), FeatureConfig::read(small_config())->feature_names().size());
  const table::Table kept = rows_of("predictions");
  EXPECT_EQ(kept.rows(), 48U);
  EXPECT_EQ((*kept.column("prediction_id"))->texts[47], "P47");
  EXPECT_EQ(kept.as_doubles("prediction").value()[47], 23.5);
}

TEST_F(BatchPredict, AMissingFeatureIsNullNotANumber) {
  ASSERT_EQ(go({{"origin", "2014-01-02"}}), "OK");
  EXPECT_TRUE(sent("POST", ":predict").at(0).body["rows"][0]["features"]["demand_lag_336"].is_null());
}

TEST_F(BatchPredict, RefusesByNameAndWhatTheEndpointShouldNotAnswer) {
  EXPECT_THAT(go({{"origin", "later"}}), HasSubstr("origin"));
  EXPECT_THAT(go({{"origin", "2015-01-01"}}), HasSubstr("2015-01-01"));
  EXPECT_THAT(go({{"config", {{"target", "demand"}}}}), HasSubstr("time"));
  Json other = small_config();
  other["lags"] = {96};
  EXPECT_THAT(go({{"config", other}}), HasSubstr("demand_lag_96"));
  answer(47);
  EXPECT_THAT(go(), HasSubstr("another number"));
  on("POST /api/v1/deployments/d:predict", 503, R"({"error":{"code":"UNAVAILABLE","message":"loading"}})");
  EXPECT_THAT(go(), HasSubstr("loading"));
  on("POST /api/v1/deployments/d:predict", 200, "<html>");
  EXPECT_THAT(go(), HasSubstr("JSON"));
}

TEST(Components, AnUnknownOneNamesTheNearest) {
  EXPECT_THAT(run_component("train-xgbost", "{}").to_string(), HasSubstr("train-xgboost"));
  EXPECT_THAT(run_component("gate", "[]").to_string(), HasSubstr("executor-input"));
  EXPECT_THAT(run_component("gate", "{\"inputs\":3}").to_string(), HasSubstr("inputs"));
}

}  // namespace
}  // namespace treadle::components::testing
