#include "domains/registry/gate.h"

#include <gtest/gtest.h>

#include <thread>

#include "domains/registry/service.h"
#include "domains/tracking/testing/tracking_test.h"

namespace treadle::registry {
namespace {

TEST(Checks, SayWhatTheyMeanOrWhatIsWrong) {
  for (const char* good : {"metric mae <= 0.2", "metric \"mean error\" < 1e-3", "metric mae within 5% of current lower",
                           "metric acc within 0 of @champion higher", "metric acc within 1% of current",
                           "param depth = 6", "tag reviewed", "tag reviewed != no", "evaluation",
                           "evaluation on holdout", "approval", "approval by ann,bob", "approval by admin"}) {
    const auto check = parse_check(good);
    EXPECT_TRUE(check.ok()) << good << ": " << check.status().to_string();
  }
  for (const char* bad :
       {"", "mae <= 1", "metric mae", "metric mae <= x", "metric mae <= nan", "metric mae ~ 1", "metric \"mae <= 1",
        "metric mae within -5% of current lower", "metric mae within 5% of champion", "param depth", "param depth > 1",
        "tag", "tag a ~ b", "evaluation holdout", "approval from ann", "approval by ,", "tag a\nb"}) {
    EXPECT_FALSE(parse_check(bad).ok()) << bad;
  }
  EXPECT_EQ(*canonical_target("@champion"), "champion");
  EXPECT_EQ(*canonical_target("stage:production"), "stage:Production");
  EXPECT_EQ(*canonical_target("deployment:energy"), "deployment:energy");
  EXPECT_EQ(*canonical_target("deployment:*"), "deployment:*");
  for (const char* bad : {"", "stage:", "stage:None", "stage:x", "latest", "v1", "a b", "deployment:", "deployment:a/b",
                          "deployment:**"}) {
    EXPECT_FALSE(canonical_target(bad).ok()) << bad;
  }
}

class Gates : public tracking::testing::TrackingTest {
 protected:
  void SetUp() override {
    TrackingTest::SetUp();
    if (IsSkipped()) return;
    service_ = std::make_unique<Service>(database(), events(), graph(), clock_, tracking());
    ASSERT_TRUE(service_->open().ok());
    ASSERT_TRUE(service_->create_model("m").ok());
  }
  void TearDown() override {
    service_.reset();
    TrackingTest::TearDown();
  }
  // A version whose run has this mae.
  std::int64_t add(double mae, const std::string& user = "ann") {
    const ActingAs acting({.user = user});
    const auto run = tracking().create_run({.name = "training", .user = user});
    EXPECT_TRUE(
        tracking().log_batch(run->id, {.params = {{"depth", "6"}}, .metrics = {{.key = "mae", .value = mae}}}).ok());
    return service_->create_version({.model = "m", .run_id = run->id, .source = "mlflow-artifacts:/0/a/model"})
        ->version;
  }
  Status set(std::vector<std::string> checks, const std::string& target = "champion") {
    return service_->set_gate("m", target, checks).status();
  }
  HistoryEntry newest() { return service_->history({.model = "m"})->items.front(); }

  std::unique_ptr<Service> service_;
};

TEST_P(Gates, RefuseNameWhatFailsAndKeepTheDecision) {
  const auto good = add(0.1), bad = add(0.3);
  ASSERT_TRUE(set({"metric mae <= 0.2", "tag reviewed", "param depth = 6"}).ok());
  const Status refusal = service_->set_alias("m", "champion", bad, "try");
  EXPECT_EQ(refusal.code(), StatusCode::kAborted);
  EXPECT_NE(refusal.message().find("metric mae <= 0.2 (mae is 0.3)"), std::string::npos) << refusal.message();
  EXPECT_NE(refusal.message().find("tag reviewed (no tag reviewed is set)"), std::string::npos);
  EXPECT_EQ(refusal.message().find("param depth"), std::string::npos);
  EXPECT_FALSE(service_->resolve("m", "champion").ok());
  EXPECT_EQ(newest().kind, "promotion.refused");
  EXPECT_EQ(newest().reason, "try");
  EXPECT_EQ(newest().details["decision"]["checks"][0]["seen"]["value"], 0.3);
  ASSERT_TRUE(service_->set_tag("m", good, "reviewed", "yes").ok());
  ASSERT_TRUE(service_->set_alias("m", "champion", good).ok());
  EXPECT_EQ(newest().kind, "alias.set");
  EXPECT_EQ(newest().after, str_cat(good));
  EXPECT_EQ(newest().details["decision"]["accepted"], true);
  EXPECT_EQ(newest().details["decision"]["gate_version"], 1);
  ASSERT_TRUE(service_->delete_gate("m", "champion").ok());
  ASSERT_TRUE(service_->set_alias("m", "champion", bad).ok());
  EXPECT_EQ(newest().before, str_cat(good));
  ASSERT_TRUE(set({"tag x"}).ok());
  EXPECT_EQ(service_->get_gate("m", "champion")->version, 2);
}

TEST_P(Gates, CompareWithTheChampion) {
  const auto first = add(1.0), worse = add(1.1), near = add(1.04), unknown = add(NAN);
  ASSERT_TRUE(set({"metric mae within 5% of current lower"}).ok());
  ASSERT_TRUE(service_->set_alias("m", "champion", first).ok());
  EXPECT_EQ(service_->set_alias("m", "champion", worse).code(), StatusCode::kAborted);
  EXPECT_EQ(service_->set_alias("m", "champion", unknown).code(), StatusCode::kAborted);
  EXPECT_EQ((*service_->try_gate("m", "champion", near))->accepted, true);
  ASSERT_TRUE(service_->set_alias("m", "champion", near).ok());
  const Json seen = newest().details["decision"]["checks"][0]["seen"];
  EXPECT_EQ(seen["compared_version"], first);
  EXPECT_EQ(seen["compared_value"], 1.0);
}

TEST_P(Gates, StandBeforeStagesAndImports) {
  const auto version = add(0.3);
  ASSERT_TRUE(set({"metric mae <= 0.2"}, "stage:production").ok());
  EXPECT_EQ(service_->set_stage("m", version, "Production", true).status().code(), StatusCode::kAborted);
  EXPECT_EQ(service_->get_version("m", version)->stage, "None");
  EXPECT_TRUE(service_->set_stage("m", version, "Staging", true).ok());
  // An alias that is called like the stage is no way around it.
  EXPECT_EQ(service_->set_alias("m", "production", version).code(), StatusCode::kAborted);
  Version imported{.model = "m", .version = 9, .source = "mlflow-artifacts:/0/b/model", .stage = "Production"};
  EXPECT_EQ(service_->import_version(imported).status().code(), StatusCode::kAborted);
  EXPECT_FALSE(service_->get_version("m", 9).ok());
  imported.tags = {{"mae", "0.1"}};
  EXPECT_TRUE(service_->import_version(imported).ok());
}

TEST_P(Gates, AnApprovalIsSomebodyElses) {
  const auto version = add(0.1, "ann");
  ASSERT_TRUE(set({"approval by bob,ann"}).ok());
  EXPECT_FALSE(service_->approve("m", version, "champion", "nobody").ok());
  const auto approve = [&](const std::string& user) {
    const ActingAs acting({.user = user, .verified = true});
    EXPECT_TRUE(service_->approve("m", version, "champion", "looks good").ok());
    return service_->set_alias("m", "champion", version);
  };
  EXPECT_NE(approve("ann").message().find("ann approved it, who made it"), std::string::npos);
  EXPECT_NE(approve("eve").message().find("eve approved it, who may not"), std::string::npos);
  EXPECT_TRUE(approve("bob").ok());
  EXPECT_EQ(newest().by.user, "bob");
  EXPECT_EQ(service_->approvals("m", version)->size(), 3u);
}

TEST_P(Gates, AWithdrawnApprovalCountsNoMore) {
  const auto version = add(0.1, "ann");
  ASSERT_TRUE(set({"approval"}).ok());
  const ActingAs acting({.user = "bob"});
  EXPECT_EQ(service_->withdraw_approval("m", version, "champion", "", "").code(), StatusCode::kNotFound);
  ASSERT_TRUE(service_->approve("m", version, "champion", "looks good").ok());
  EXPECT_EQ(service_->withdraw_approval("m", version, "champion", "eve", "").code(), StatusCode::kNotFound);
  ASSERT_TRUE(service_->withdraw_approval("m", version, "@champion", "", "wrong in May").ok());
  EXPECT_EQ(newest().kind, "approval.withdrawn");
  EXPECT_EQ(newest().before, "bob");
  EXPECT_EQ(newest().reason, "wrong in May");
  EXPECT_TRUE(service_->approvals("m", version)->empty());
  EXPECT_EQ(service_->set_alias("m", "champion", version).code(), StatusCode::kAborted);
  ASSERT_TRUE(service_->approve("m", version, "champion", "after all").ok());
  EXPECT_TRUE(service_->set_alias("m", "champion", version).ok());
}

TEST_P(Gates, StandBeforeDeployments) {
  const auto first = add(1.0), worse = add(1.2), better = add(0.9);
  std::int64_t serving = 0;
  service_->ask_what_serves(
      [&](const std::string& deployment, const std::string&) { return deployment == "energy" ? serving : 0; });
  ASSERT_TRUE(service_->admit_deployment("m", first, "energy", "begin").ok());
  EXPECT_EQ(newest().kind, "deployment.asked");
  EXPECT_FALSE(newest().details.contains("decision"));
  serving = first;
  ASSERT_TRUE(set({"metric mae within 5% of current lower"}, "deployment:*").ok());
  EXPECT_EQ(service_->admit_deployment("m", worse, "energy").code(), StatusCode::kAborted);
  EXPECT_EQ(newest().kind, "promotion.refused");
  EXPECT_EQ(newest().target, "deployment:energy");
  EXPECT_EQ(newest().details["decision"]["checks"][0]["seen"]["compared_version"], first);
  EXPECT_FALSE((*service_->try_gate("m", "deployment:energy", worse))->accepted);
  EXPECT_EQ(service_->get_gate("m", "deployment:energy")->target, "deployment:*");
  ASSERT_TRUE(service_->admit_deployment("m", better, "energy").ok());
  EXPECT_EQ(newest().before, str_cat(first));
  // Its own gate counts instead of that for all; who approved it for this deployment has approved enough.
  ASSERT_TRUE(set({"tag reviewed"}, "deployment:energy").ok());
  EXPECT_EQ(service_->admit_deployment("m", better, "energy").code(), StatusCode::kAborted);
  ASSERT_TRUE(set({"approval"}, "deployment:*").ok());
  EXPECT_EQ(service_->admit_deployment("m", better, "trial").code(), StatusCode::kAborted);
  {
    const ActingAs acting({.user = "bob"});
    ASSERT_TRUE(service_->approve("m", better, "deployment:trial", "for trying").ok());
  }
  EXPECT_TRUE(service_->admit_deployment("m", better, "trial").ok());
  EXPECT_EQ(service_->admit_deployment("m", better, "other").code(), StatusCode::kAborted);
  EXPECT_EQ(service_->admit_deployment("m", 99, "trial").code(), StatusCode::kNotFound);
}

TEST_P(Gates, HistorySurvivesARenameAndIsPaged) {
  const auto version = add(0.1);
  for (const char* alias : {"a", "b", "c"}) ASSERT_TRUE(service_->set_alias("m", alias, version, "why").ok());
  ASSERT_TRUE(set({"evaluation"}).ok());
  ASSERT_TRUE(service_->rename_model("m", "n").ok());
  EXPECT_EQ(service_->set_alias("n", "champion", version).code(), StatusCode::kAborted);
  EXPECT_FALSE(service_->history({.model = "m"}).ok());
  std::vector<std::string> kinds;
  HistoryQuery query{.model = "n", .limit = 3};
  for (bool more = true; more;) {
    const auto page = service_->history(query);
    for (const auto& entry : page->items) kinds.push_back(entry.kind);
    query.before_id = page->items.back().id;
    more = page->more;
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"promotion.refused", "model.renamed", "gate.set", "alias.set", "alias.set",
                                             "alias.set", "version.created", "model.created"}));
  ASSERT_TRUE(service_->delete_version("n", version).ok());
  ASSERT_TRUE(service_->delete_model("n").ok());
  EXPECT_EQ(service_->history({.model = "n"})->items.front().kind, "model.deleted");
  // Who makes a model of that name again does not see what the first was.
  ASSERT_TRUE(service_->create_model("n").ok());
  EXPECT_EQ(service_->history({.model = "n"})->items.size(), 1u);
}

TEST_P(Gates, RacingPromotionsAreDecidedOneByOne) {
  ASSERT_TRUE(set({"metric mae within 0% of current lower"}).ok());
  std::vector<std::int64_t> versions;
  for (const double mae : {5.0, 1.0, 4.0, 2.0, 3.0, 6.0}) versions.push_back(add(mae));
  std::vector<std::thread> racers;
  for (const auto version : versions) {
    racers.emplace_back([this, version] { (void)service_->set_alias("m", "champion", version); });
  }
  for (auto& racer : racers) racer.join();
  EXPECT_EQ(service_->resolve("m", "champion")->version, versions[1]);
  int decisions = 0;
  const auto page = service_->history({.model = "m"});
  for (const auto& entry : page->items) decisions += entry.details.contains("decision");
  EXPECT_EQ(decisions, 6);
}

TREADLE_ON_BOTH_ENGINES(Gates);

}  // namespace
}  // namespace treadle::registry
