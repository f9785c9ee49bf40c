#include "domains/tracking/service.h"

#include <gtest/gtest.h>

#include <cmath>

#include "domains/tracking/filter.h"
#include "domains/tracking/testing/tracking_test.h"

namespace treadle::tracking {
namespace {

class Tracking : public testing::TrackingTest {
 protected:
  std::string make_run(const std::string& name, double rmse, const std::string& model) {
    const auto run = tracking().create_run({.name = name});
    EXPECT_TRUE(run.ok()) << run.status().to_string();
    EXPECT_TRUE(
        tracking()
            .log_batch(run->id,
                       {.params = {{"model", model}}, .tags = {}, .metrics = {{"rmse", rmse, 1, 0}}, .inputs = {}})
            .ok());
    clock_.advance(10);
    return run->id;
  }
  std::vector<std::string> search(const std::string& filter, std::vector<std::string> order = {}) {
    const auto page = tracking().search_runs({.experiment_ids = {"0"}, .filter = filter, .order_by = std::move(order)});
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    std::vector<std::string> names;
    if (page.ok())
      for (const tracking::Run& run : page->items) names.push_back(run.name);
    return names;
  }
};

using Names = std::vector<std::string>;

TEST_P(Tracking, ExperimentsHaveUniqueNamesAndComeBackFromDeletion) {
  const auto made = tracking().create_experiment("energy", {{"team", "grid"}});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->id, "1");
  EXPECT_EQ(tracking().create_experiment("energy").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(tracking().create_experiment("").status().field(), "name");
  EXPECT_EQ(tracking().get_experiment_by_name("energy")->tags, (Tags{{"team", "grid"}}));
  ASSERT_TRUE(tracking().delete_experiment("1").ok());
  EXPECT_EQ(tracking().search_experiments({})->items.size(), 1u);  // Default
  ASSERT_TRUE(tracking().restore_experiment("1").ok());
  EXPECT_EQ(tracking().search_experiments({.filter = "name LIKE 'en%' AND tags.team = 'grid'"})->items.size(), 1u);
  EXPECT_EQ(tracking().get_experiment("99").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(tracking().ensure_experiment("new one")->id, "2");
  EXPECT_EQ(tracking().ensure_experiment("new one")->id, "2");
}

TEST_P(Tracking, ARunKeepsWhatWasLogged) {
  const auto run = tracking().create_run({.name = "first", .tags = {{"a", "b"}}});
  ASSERT_TRUE(run.ok());
  const Batch batch{
      .params = {{"depth", "6"}},
      .tags = {{"x", "y"}},
      .metrics = {{"mae", 2, 5, 0}, {"mae", 1, 6, 1}, {"bad", std::nan(""), 1, 0}, {"inf", INFINITY, 1, 0}},
      .inputs = {{"demand", "sha256:1", "local", "/x.csv", "", "", {{"mlflow.data.context", "training"}}}}};
  ASSERT_TRUE(tracking().log_batch(run->id, batch).ok());
  ASSERT_TRUE(tracking().log_batch(run->id, batch).ok());  // repeating changes nothing
  const auto read = tracking().get_run(run->id);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->params, (Tags{{"depth", "6"}}));
  EXPECT_EQ(read->tags, (Tags{{"a", "b"}, {"mlflow.runName", "first"}, {"x", "y"}}));
  ASSERT_EQ(read->metrics.size(), 3u);
  EXPECT_TRUE(std::isnan(read->metrics[0].value));
  EXPECT_EQ(read->metrics[1].value, std::numeric_limits<double>::max());
  EXPECT_EQ(read->metrics[2].value, 1);
  EXPECT_EQ(read->inputs.size(), 1u);
  EXPECT_EQ(tracking().metric_history({.run_id = run->id, .key = "mae"})->items.size(), 2u);
  EXPECT_TRUE(tracking().metric_history({.run_id = run->id, .key = "mae", .limit = 1})->more);
  EXPECT_EQ(graph().upstream({"run", run->id})->nodes.size(), 2u);
}

TEST_P(Tracking, AParamDoesNotChangeAndABadBatchChangesNothing) {
  const std::string id = make_run("r", 1, "xgb");
  const Status changed =
      tracking().log_batch(id, {.params = {{"new", "1"}, {"model", "other"}}, .tags = {}, .metrics = {}, .inputs = {}});
  EXPECT_EQ(changed.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(changed.message().find("Changing param values is not allowed"), std::string::npos);
  EXPECT_EQ(tracking().get_run(id)->params.size(), 1u);
  for (const char* key : {"", "../x", "/x", "a//b", "a\nb"}) {
    EXPECT_FALSE(tracking().log_batch(id, {.params = {}, .tags = {}, .metrics = {{key, 1, 1, 0}}, .inputs = {}}).ok())
        << key;
  }
  EXPECT_EQ(tracking().log_batch("nobody", {}).code(), StatusCode::kNotFound);
}

TEST_P(Tracking, CreatingWithAnIdIsSafeToRepeat) {
  const std::string id(32, 'a');
  EXPECT_EQ(tracking().create_run({.id = id, .name = "one"})->name, "one");
  EXPECT_EQ(tracking().create_run({.id = id, .name = "two"})->name, "one");
  EXPECT_FALSE(tracking().create_run({.id = "short"}).ok());
}

TEST_P(Tracking, SearchesByTheGrammar) {
  make_run("a", 0.5, "xgb");
  make_run("b", 1.5, "xgb");
  make_run("c", 2.5, "linear");
  EXPECT_EQ(search(""), (Names{"c", "b", "a"}));
  EXPECT_EQ(search("metrics.rmse < 2 AND params.model = 'xgb'", {"metrics.rmse ASC"}), (Names{"a", "b"}));
  EXPECT_EQ(search("params.model ILIKE 'LIN%'"), (Names{"c"}));
  EXPECT_EQ(search("params.model LIKE 'LIN%'"), Names{});
  EXPECT_EQ(search("tags.`mlflow.runName` IN ('a', 'c')"), (Names{"c", "a"}));
  EXPECT_EQ(search("attributes.run_name != \"b\""), (Names{"c", "a"}));
  EXPECT_EQ(search("tags.nothing IS NULL", {"params.model", "start_time ASC"}), (Names{"c", "a", "b"}));
  EXPECT_EQ(search("params.model LIKE '%\\'"), Names{});  // a backslash escapes nothing
  EXPECT_EQ(search("params.model ILIKE '%\\'"), Names{});
  EXPECT_EQ(search("artifact_uri LIKE 'mlflow-artifacts:/0/%/artifacts'"), (Names{"c", "b", "a"}));
  EXPECT_EQ(search("status = 'RUNNING' AND params.model NOT IN ('linear')"), (Names{"b", "a"}));
  const auto page = tracking().search_runs({.limit = 2});
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->items.size(), 2u);
}

TEST_P(Tracking, DeletedRunsHideAndRefuseWrites) {
  const std::string id = make_run("a", 1, "x");
  ASSERT_TRUE(tracking().delete_run(id).ok());
  EXPECT_EQ(search(""), Names{});
  EXPECT_FALSE(tracking().log_batch(id, {.params = {}, .tags = {{"a", "b"}}, .metrics = {}, .inputs = {}}).ok());
  ASSERT_TRUE(tracking().restore_run(id).ok());
  EXPECT_EQ(search(""), Names{"a"});
}

TEST(Filter, BadOnesAreErrorsThatSayWhere) {
  for (const char* text : {"metrics.",
                           "metrics.a",
                           "metrics.a =",
                           "metrics.a = ",
                           "params.a = x y",
                           "foo.bar = 1",
                           "metrics.a = 1 OR metrics.b = 2",
                           "metrics.a == 'b",
                           "params.`a = 'b'",
                           "tags.a IN 'x'",
                           "tags.a IN ('x'",
                           "tags.a IN ()",
                           "tags.a NOT 'x'",
                           "a IS 'x'",
                           "= 1",
                           "'a' = 'b'",
                           "metrics.a = 1 AND",
                           "metrics.a = 1;",
                           "(metrics.a = 1)",
                           "\x01",
                           "metrics.a = --1"}) {
    EXPECT_EQ(parse_filter(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(parse_filter(std::string(20'000, 'a')).ok());
  EXPECT_FALSE(parse_order_by("metrics.a SIDEWAYS").ok());
}

TEST_P(Tracking, LoggedModelsLinkToRunsAndAreSearched) {
  const std::string run = make_run("maker", 1, "xgb");
  const auto model = tracking().create_logged_model(
      {.experiment_id = "0", .name = "m", .type = "xgb", .run_id = run, .params = {{"d", "3"}}, .tags = {{"t", "1"}}});
  ASSERT_TRUE(model.ok()) << model.status().to_string();
  EXPECT_EQ(Service::artifact_root(*model), "artifacts/0/models/" + model->id + "/artifacts");
  ASSERT_TRUE(tracking().finalize_logged_model(model->id, ModelStatus::kReady).ok());
  ASSERT_TRUE(tracking().log_batch(run, {.model_outputs = {{model->id, 2}}}).ok());
  const auto read = tracking().get_run(run);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->model_outputs.size(), 1u);
  EXPECT_EQ(read->model_outputs.front().step, 2);
  EXPECT_EQ(tracking().log_batch(run, {.tags = {{"x", "1"}}, .model_inputs = {{"m-none", 0}}}).code(),
            StatusCode::kNotFound);
  for (const char* filter :
       {"params.d = '3'", "tags.t LIKE '1%'", "status = 'READY' AND name = 'm'", "creation_time > 0"})
    EXPECT_EQ(tracking().search_logged_models({.experiment_ids = {"0"}, .filter = filter})->items.size(), 1u) << filter;
  EXPECT_FALSE(tracking().log_logged_model_params(model->id, {{"d", "4"}}).ok());
  EXPECT_FALSE(tracking().create_logged_model({.experiment_id = "0", .name = "a/b"}).ok());
  EXPECT_EQ(tracking().create_logged_model({.experiment_id = "9"}).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(tracking().delete_logged_model(model->id).ok());
  EXPECT_FALSE(tracking().get_logged_model(model->id).ok());
  EXPECT_TRUE(tracking().get_logged_model(model->id, true)->deleted);
}

TREADLE_ON_BOTH_ENGINES(Tracking);

}  // namespace
}  // namespace treadle::tracking
