#include "domains/registry/service.h"

#include <gtest/gtest.h>

#include "domains/tracking/testing/tracking_test.h"

namespace treadle::registry {
namespace {

class Registry : public tracking::testing::TrackingTest {
 protected:
  void SetUp() override {
    TrackingTest::SetUp();
    if (IsSkipped()) return;
    service_ = std::make_unique<Service>(database(), events(), graph(), clock_, tracking());
    ASSERT_TRUE(service_->open().ok());
  }
  void TearDown() override {
    service_.reset();
    TrackingTest::TearDown();
  }
  StatusOr<Version> add(const std::string& model, const std::string& run = "") {
    return service_->create_version(
        {.model = model, .run_id = run, .source = "mlflow-artifacts:/0/abc/artifacts/model"});
  }

  std::unique_ptr<Service> service_;
};

TEST_P(Registry, VersionsCountUpAndAreNeverReused) {
  EXPECT_EQ(add("nobody").status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(service_->create_model("energy", "demand", {{"a", "b"}}).ok());
  EXPECT_EQ(service_->create_model("energy").status().code(), StatusCode::kAlreadyExists);
  for (const char* bad : {"", " ", "a/b", "a:b"}) EXPECT_FALSE(service_->create_model(bad).ok()) << bad;
  EXPECT_EQ(add("energy")->version, 1);
  EXPECT_EQ(add("energy")->version, 2);
  ASSERT_TRUE(service_->delete_version("energy", 2).ok());
  EXPECT_EQ(add("energy")->version, 3);
  EXPECT_EQ(service_->get_model("energy")->versions_count, 2);
  EXPECT_EQ(service_->get_model("energy")->latest_version, 3);
}

TEST_P(Registry, AliasesAndStagesPoint) {
  ASSERT_TRUE(service_->create_model("m").ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(add("m").ok());
  ASSERT_TRUE(service_->set_alias("m", "champion", 2).ok());
  EXPECT_EQ(service_->resolve("m", "@champion")->version, 2);
  ASSERT_TRUE(service_->set_alias("m", "champion", 3).ok());
  EXPECT_EQ(service_->resolve("m", "champion")->version, 3);
  EXPECT_EQ(service_->resolve("m", "latest")->version, 3);
  EXPECT_EQ(service_->resolve("m", "1")->version, 1);
  EXPECT_EQ(service_->get_version("m", 3)->aliases, (std::vector<std::string>{"champion"}));
  EXPECT_FALSE(service_->set_alias("m", "champion", 9).ok());
  for (const char* bad : {"", "latest", "v1", "a b"}) EXPECT_FALSE(service_->set_alias("m", bad, 1).ok()) << bad;
  ASSERT_TRUE(service_->set_stage("m", 1, "production", true).ok());
  ASSERT_TRUE(service_->set_stage("m", 2, "Production", true).ok());
  EXPECT_EQ(service_->get_version("m", 1)->stage, "Archived");
  EXPECT_EQ(service_->resolve("m", "Production")->version, 2);
  EXPECT_FALSE(service_->set_stage("m", 2, "Elsewhere", false).ok());
}

TEST_P(Registry, AVersionKnowsItsRunAndFiles) {
  const auto run = tracking().create_run({.name = "training"});
  ASSERT_TRUE(service_->create_model("m").ok());
  ASSERT_TRUE(add("m", run->id).ok());
  EXPECT_EQ(graph().upstream({"model_version", "m/1"})->nodes.back().id, run->id);
  EXPECT_EQ(*service_->artifact_folder(*service_->get_version("m", 1)), "artifacts/0/abc/artifacts/model");
  EXPECT_EQ(*service_->artifact_folder({.source = str_cat("runs:/", run->id, "/model")}),
            str_cat("artifacts/0/", run->id, "/artifacts/model"));
  EXPECT_FALSE(service_->artifact_folder({.source = "mlflow-artifacts:/../../etc"}).ok());
  EXPECT_FALSE(service_->artifact_folder({.source = "s3://x/y"}).ok());
}

TEST_P(Registry, SearchesRenamesAndDeletes) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(service_->create_model(name).ok());
  ASSERT_TRUE(add("b", "run1").ok());
  EXPECT_EQ(service_->search_models({.filter = "name LIKE 'b%'"})->items.size(), 1u);
  EXPECT_TRUE(service_->search_models({.limit = 2})->more);
  EXPECT_EQ(service_->search_versions({.filter = "name = 'b' AND run_id = 'run1'"})->items.size(), 1u);
  ASSERT_TRUE(service_->set_tag("b", 1, "k", "v").ok());
  EXPECT_EQ(service_->search_versions({.filter = "tags.k = 'v'"})->items.size(), 1u);
  ASSERT_TRUE(service_->rename_model("b", "bb").ok());
  EXPECT_EQ(service_->get_version("bb", 1)->tags, (Tags{{"k", "v"}}));
  EXPECT_FALSE(service_->rename_model("bb", "a").ok());
  ASSERT_TRUE(service_->delete_model("bb").ok());
  EXPECT_TRUE(service_->search_versions({})->items.empty());
}

TREADLE_ON_BOTH_ENGINES(Registry);

}  // namespace
}  // namespace treadle::registry
