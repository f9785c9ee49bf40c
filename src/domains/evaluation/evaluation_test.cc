#include <gtest/gtest.h>

#include <set>

#include "domains/evaluation/datasets.h"
#include "domains/evaluation/scorers.h"
#include "domains/tracking/testing/tracking_test.h"

namespace treadle::evaluation {
namespace {

using Ids = std::vector<std::string>;

NewRecord record(Json inputs, Json expectations = {}, Json tags = {}) {
  NewRecord made;
  made.inputs = std::move(inputs);
  made.expectations = std::move(expectations);
  made.tags = std::move(tags);
  return made;
}

class Evaluation : public tracking::testing::TrackingTest {
 protected:
  void SetUp() override {
    TrackingTest::SetUp();
    if (IsSkipped()) return;
    datasets_ = std::make_unique<Datasets>(database(), clock_);
    scorers_ = std::make_unique<Scorers>(database(), tracking(), clock_);
    ASSERT_TRUE(datasets_->open().ok());
  }
  Datasets& datasets() { return *datasets_; }
  Scorers& scorers() { return *scorers_; }
  std::string make(const std::string& name, const Pairs& tags = {}, const Ids& experiments = {"0"}) {
    clock_.advance(1);
    const auto made = datasets().create(name, tags, experiments);
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    return made.ok() ? made->id : "";
  }
  Upserted put(const std::string& id, const std::vector<NewRecord>& records) {
    const auto counts = datasets().upsert(id, records);
    EXPECT_TRUE(counts.ok()) << counts.status().to_string();
    return counts.value_or(Upserted{-1, -1});
  }
  Ids names(const std::string& filter, const Ids& order = {}, const Ids& experiments = {}) {
    const auto page = datasets().search({experiments, filter, order, 100, 0});
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    Ids found;
    if (page.ok())
      for (const Dataset& dataset : page->items) found.push_back(dataset.name);
    return found;
  }

 private:
  std::unique_ptr<Datasets> datasets_;
  std::unique_ptr<Scorers> scorers_;
};

TEST_P(Evaluation, TheSameInputsAreOneRecordWhateverTheOrderOfTheirKeys) {
  const std::string id = make("d");
  const auto first = put(id, {record({{"a", 1}, {"b", "x"}}, {{"answer", 1}}), record({{"a", 2}}),
                              record(*parse_json(R"({"b": "x", "a": 1})"), {{"more", true}})});
  EXPECT_EQ(first.inserted, 2);
  EXPECT_EQ(first.updated, 1);
  auto page = datasets().records(id, 0, 10);
  ASSERT_EQ(page->items.size(), 2u);
  EXPECT_EQ(page->items[0].expectations, Json({{"answer", 1}, {"more", true}}));
  const Record before = page->items[0];

  clock_.advance(10);
  NewRecord again = record({{"a", 1}, {"b", "x"}}, {{"answer", 5}}, {{"mlflow.user", "ann"}});
  again.has_outputs = true;
  again.outputs = "said";
  EXPECT_EQ(put(id, {again}).updated, 1);
  page = datasets().records(id, 0, 10);
  EXPECT_EQ(page->items[0].id, before.id);
  EXPECT_EQ(page->items[0].created_ms, before.created_ms);
  EXPECT_EQ(page->items[0].updated_ms, before.updated_ms + 10);
  EXPECT_EQ(page->items[0].outputs, "said");
  EXPECT_EQ(page->items[0].expectations, Json({{"answer", 5}, {"more", true}}));
  EXPECT_EQ(page->items[0].updated_by, "ann");
  EXPECT_EQ(datasets().get(id)->records, 2);
}

TEST_P(Evaluation, DigestSchemaAndCountFollowTheRecords) {
  const std::string id = make("d");
  std::set<std::string> digests = {datasets().get(id)->digest};
  EXPECT_EQ(datasets().get(id)->schema, "");
  for (int i = 0; i < 3; ++i) {
    put(id, {record({{"n", i}, {str_cat("f", i), 0.5}})});  // within the same millisecond
    digests.insert(datasets().get(id)->digest);
  }
  EXPECT_EQ(digests.size(), 4u);
  const Json schema = *parse_json(datasets().get(id)->schema);
  EXPECT_EQ(schema["inputs"], Json({{"n", "integer"}, {"f0", "float"}, {"f1", "float"}, {"f2", "float"}}));
  const auto page = datasets().records(id, 0, 2);
  ASSERT_TRUE(page->next);
  const auto rest = datasets().records(id, *page->next, 2);
  ASSERT_EQ(rest->items.size(), 1u);
  EXPECT_FALSE(rest->next);
  EXPECT_EQ(rest->items[0].inputs["n"], 2);
  EXPECT_EQ(*datasets().delete_records(id, {rest->items[0].id, "dr-unknown"}), 1);
  EXPECT_EQ(datasets().get(id)->records, 2);
  const std::string other = make("other");
  EXPECT_EQ(*datasets().delete_records(other, {page->items[0].id}), 0) << "a record of another dataset";
}

TEST_P(Evaluation, SearchByGrammarOrderAndExperiment) {
  const std::string lab = tracking().create_experiment("lab")->id;
  make("alpha", {{"team", "grid"}}, {lab});
  make("Beta", {{"team", "Sales"}}, {lab, "0"});
  make("gamma", {}, {});
  EXPECT_EQ(names(""), (Ids{"gamma", "Beta", "alpha"}));
  EXPECT_EQ(names("", {"created_time ASC"}), (Ids{"alpha", "Beta", "gamma"}));
  EXPECT_EQ(names("", {"name DESC"}).front(), "gamma");
  EXPECT_EQ(names("name ILIKE 'b%'"), Ids{"Beta"});
  EXPECT_EQ(names("name IN ('alpha', 'gamma')"), (Ids{"gamma", "alpha"}));
  EXPECT_EQ(names("tags.team = 'grid' AND name LIKE 'a%'"), Ids{"alpha"});
  EXPECT_EQ(names("", {}, {"0"}), Ids{"Beta"});
  EXPECT_EQ(names("created_time > 1001", {}, {lab}), Ids{"Beta"});
  for (const char* bad : {"colour = 'red'", "created_by IN ('a')", "metrics.m > 1", "tags.team IN ('a')", "name > 'a'"})
    EXPECT_EQ(datasets().search({{}, bad, {}, 10, 0}).status().field(), "filter_string") << bad;
  EXPECT_FALSE(datasets().search({{}, "", {"created_by"}, 10, 0}).ok());
  EXPECT_TRUE(datasets().search({{}, "", {}, 2, 0})->more);
  EXPECT_FALSE(datasets().search({{}, "", {}, 2, 1})->more);
}

TEST_P(Evaluation, ExperimentsComeAndGoAndTheFirstOwns) {
  const std::string lab = tracking().create_experiment("lab")->id;
  const std::string id = make("d", {}, {});
  EXPECT_EQ(**datasets().experiments_of(id), std::vector<std::string>());
  EXPECT_EQ(datasets().add_experiments(id, {lab, "0", lab, "00"})->experiment_ids, (Ids{lab, "0"}));
  EXPECT_EQ((**datasets().experiments_of(id)).front(), lab);
  EXPECT_EQ(datasets().remove_experiments(id, {lab, "987"})->experiment_ids, Ids{"0"});
  EXPECT_EQ((**datasets().experiments_of(id)).front(), "0");
  EXPECT_EQ(datasets().add_experiments(id, {"987"}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(datasets().create("x", {}, {"x'"}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(*datasets().experiments_of("d-none"), std::nullopt);
}

TEST_P(Evaluation, TagsAndDeletion) {
  const std::string id = make("d", {{"a", "1"}, {"mlflow.user", "ann"}});
  EXPECT_EQ(datasets().get(id)->created_by, "ann");
  ASSERT_TRUE(datasets().set_tags(id, {{"a", "2"}, {"b", "3"}}).ok());
  ASSERT_TRUE(datasets().delete_tag(id, "mlflow.user").ok());
  ASSERT_TRUE(datasets().delete_tag(id, "none").ok());
  EXPECT_EQ(datasets().get(id)->tags, (Pairs{{"a", "2"}, {"b", "3"}}));
  EXPECT_EQ(datasets().set_tags("d-none", {}).code(), StatusCode::kNotFound);
  put(id, {record({{"a", 1}})});
  ASSERT_TRUE(datasets().remove(id).ok());
  ASSERT_TRUE(datasets().remove(id).ok());
  EXPECT_EQ(datasets().get(id).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(datasets().records(id, 0, 10).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(datasets().upsert(id, {record({{"a", 1}})}).status().code(), StatusCode::kNotFound);
}

TEST_P(Evaluation, WhatIsTooLargeOrOfAnotherTypeIsRefusedWhole) {
  const std::string id = make("d");
  EXPECT_EQ(datasets().upsert(id, {record({{"a", 1}}), record("text")}).status().field(), "records");
  EXPECT_FALSE(datasets().upsert(id, {record({{"a", std::string(Datasets::kLargestRecord, 'x')}})}).ok());
  EXPECT_FALSE(datasets().upsert(id, {record({{"a", 1}}, Json::array())}).ok());
  EXPECT_FALSE(datasets().upsert(id, std::vector<NewRecord>(Datasets::kMostRecords + 1)).ok());
  EXPECT_FALSE(datasets().create(" ", {}, {}).ok());
  EXPECT_FALSE(datasets().create("n", {{"k", std::string(5001, 'x')}}, {}).ok());
  EXPECT_EQ(datasets().get(id)->records, 0);
  std::vector<NewRecord> many;
  many.reserve(1001);
  for (int i = 0; i < 1001; ++i) many.push_back(record({{"i", i}}));
  EXPECT_EQ(put(id, many).inserted, 1001);
  EXPECT_EQ(put(id, many).updated, 1001);
}

TEST_P(Evaluation, ScorersHaveVersions) {
  EXPECT_EQ(scorers().add("0", "accuracy", R"({"v": 1})")->version, 1);
  const auto second = scorers().add("00", "accuracy", R"({"v": 2})");
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->experiment_id, "0");
  const std::string lab = tracking().create_experiment("lab")->id;
  ASSERT_TRUE(scorers().add(lab, "accuracy", "{}").ok());
  ASSERT_TRUE(scorers().add("0", "Bleu", "{}").ok());
  const auto listed = scorers().list("0");
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ(scorers().list_of({})->size(), 3u);
  EXPECT_EQ(scorers().list_of({lab, "987"})->size(), 1u);
  EXPECT_EQ(scorers().versions("0", "accuracy")->size(), 2u);
  EXPECT_EQ(scorers().get("0", "accuracy", {})->body, R"({"v": 2})");
  EXPECT_EQ(scorers().get("0", "accuracy", 1)->body, R"({"v": 1})");
  EXPECT_EQ(scorers().get("0", "accuracy", 3).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(scorers().remove("0", "accuracy", 2).ok());
  EXPECT_EQ(scorers().get("0", "accuracy", {})->version, 1);
  EXPECT_EQ(scorers().remove("0", "accuracy", 2).code(), StatusCode::kNotFound);
  ASSERT_TRUE(scorers().remove("0", "accuracy", {}).ok());
  EXPECT_EQ(scorers().versions("0", "accuracy").status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(scorers().add("0", "x", "{").ok());
  EXPECT_FALSE(scorers().add("0", " ", "{}").ok());
  EXPECT_EQ(scorers().add("987", "x", "{}").status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(tracking().delete_experiment(lab).ok());
  EXPECT_EQ(scorers().list(lab).status().field(), "experiment_id");
  EXPECT_EQ(scorers().list_of({})->size(), 1u);
}

TEST_P(Evaluation, AnExperimentThatIsRemovedForGoodTakesItsScorersAlong) {
  const std::string lab = tracking().create_experiment("lab")->id;
  const std::string id = make("d", {}, {lab});
  ASSERT_TRUE(scorers().add(lab, "s", "{}").ok());
  ASSERT_TRUE(database().write([&](sql::Connection& tx) { return Datasets::remove_all_of(tx, lab); }).ok());
  EXPECT_EQ(datasets().get(id)->experiment_ids, Ids{});
  EXPECT_EQ(scorers().list_of({})->size(), 0u);
}

TREADLE_ON_BOTH_ENGINES(Evaluation);

}  // namespace
}  // namespace treadle::evaluation
