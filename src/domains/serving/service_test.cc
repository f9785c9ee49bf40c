#include "domains/serving/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "domains/serving/test_world.h"

namespace treadle::serving {
namespace {

using ::testing::HasSubstr;
using ::treadle::serving::testing::World;

// One row {a, b} through `name`; the value, or NaN and the error.
StatusOr<float> ask(Service& service, std::string_view name, float a, float b) {
  ASSIGN_OR_RETURN(Call call, service.begin(name));
  RETURN_IF_ERROR(call.reset(1));
  call.features().row(0)[0] = a;
  call.features().row(0)[1] = b;
  RETURN_IF_ERROR(call.predict());
  const float value = call.values()[0];
  service.finish(call, "");
  return value;
}

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_ = World::create();
    ASSERT_NE(world_, nullptr);
    world_->source.add("demand", 1, "100");
    world_->source.add("demand", 2, "200");
    world_->source.add("demand", 3, "not-a-number");
  }
  Service& service() { return *world_->service; }

  std::unique_ptr<World> world_;
};

TEST_F(ServiceTest, DeploysAndAnswers) {
  const auto deployment = service().deploy("demand", {.model = "demand", .version = 1, .reason = "first"});
  ASSERT_TRUE(deployment.ok()) << deployment.status().message();
  EXPECT_EQ(deployment->state, DeploymentState::kReady);
  EXPECT_EQ(deployment->version, 1);
  EXPECT_FLOAT_EQ(*ask(service(), "demand", 1, 2), 103);
  const auto history = service().history("demand");
  ASSERT_EQ(history->size(), 1u);
  EXPECT_EQ(history->front().reason, "first");
  EXPECT_EQ(service().get("demand")->stats.success.count, 1u);
  const auto news = world_->events->read(0, 10, "deployment.updated");
  ASSERT_EQ(news->size(), 1u);
  EXPECT_EQ(news->front().subject, "deployment/demand");
  const auto graph = world_->graph->upstream({"deployment", "demand"});
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->edges.size(), 1u);
}

TEST_F(ServiceTest, AGateStandsBeforeEveryWayToServe) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  world_->source.refuse(2);
  EXPECT_EQ(service().deploy("demand", {.model = "demand", .version = 2}).status().code(), StatusCode::kAborted);
  EXPECT_EQ(service().get("demand")->version, 1);
  EXPECT_EQ(service().history("demand")->size(), 1u);
  // Coming back counts as well; what serves already is asked nothing.
  world_->source.refuse(1);
  EXPECT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  EXPECT_TRUE(service().set_stopped("demand", false, "loaded").ok());
  ASSERT_TRUE(service().set_stopped("demand", true, "off").ok());
  EXPECT_EQ(service().set_stopped("demand", false, "on").status().code(), StatusCode::kAborted);
  EXPECT_EQ(service().get("demand")->state, DeploymentState::kStopped);
}

TEST_F(ServiceTest, RefusesWhatDoesNotExist) {
  EXPECT_EQ(service().deploy("demand", {.model = "demand", .version = 9}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(service().deploy("../x", {.model = "demand", .version = 1}).status().field(), "name");
  EXPECT_EQ(service().deploy("demand", {.model = "demand", .version = 0}).status().field(), "version");
  EXPECT_TRUE(service().list()->empty());
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  EXPECT_THAT(service().get("demnad").status().message(), HasSubstr("did you mean 'demand'"));
  EXPECT_EQ(service().begin("demand", "7").status().code(), StatusCode::kNotFound);
}

TEST_F(ServiceTest, AFailedVersionLeavesTheOldOneServing) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  const auto failed = service().deploy("demand", {.model = "demand", .version = 3});
  EXPECT_EQ(failed.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(failed.status().message(), HasSubstr("bias: must be a number"));
  const auto deployment = service().get("demand");
  EXPECT_EQ(deployment->state, DeploymentState::kReady);
  EXPECT_EQ(deployment->version, 1);
  EXPECT_EQ(deployment->desired_version, 3);
  EXPECT_THAT(deployment->error, HasSubstr("bias"));
  EXPECT_FLOAT_EQ(*ask(service(), "demand", 1, 2), 103);
  EXPECT_EQ(world_->events->read(0, 10, "deployment.failed")->size(), 1u);

  world_->restart();
  EXPECT_FLOAT_EQ(*ask(service(), "demand", 1, 2), 103);
  EXPECT_EQ(service().get("demand")->version, 1);
}

TEST_F(ServiceTest, SurvivesARestart) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 2}).ok());
  world_->restart();
  EXPECT_EQ(service().get("demand")->state, DeploymentState::kReady);
  EXPECT_FLOAT_EQ(*ask(service(), "demand", 1, 2), 203);
  EXPECT_EQ(service().history("demand")->size(), 2u);
}

TEST_F(ServiceTest, StopsAndComesBack) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  EXPECT_EQ(service().set_stopped("demand", true, "")->state, DeploymentState::kStopped);
  EXPECT_EQ(ask(service(), "demand", 1, 2).status().code(), StatusCode::kUnavailable);
  world_->restart();
  EXPECT_EQ(service().get("demand")->state, DeploymentState::kStopped);
  EXPECT_EQ(service().set_stopped("demand", false, "")->state, DeploymentState::kReady);
  EXPECT_FLOAT_EQ(*ask(service(), "demand", 1, 2), 103);
}

TEST_F(ServiceTest, SwapsUnderLoadWithoutDroppingARequest) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0, wrong = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([&] {
        while (!stop) {
          const auto value = ask(service(), "demand", 1, 2);
          if (!value.ok() || (*value != 103 && *value != 203)) ++wrong;
          ++answered;
          std::this_thread::yield();
        }
      });
    }
    // At least 20 swaps, and however many it takes on a busy machine until there was load during them.
    for (int i = 0; i < 20 || answered < 200; ++i) {
      EXPECT_TRUE(service().deploy("demand", {.model = "demand", .version = 1 + (i + 1) % 2}).ok());
      (void)service().deploy("demand", {.model = "demand", .version = 3});  // cannot be loaded
    }
    stop = true;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(service().get("demand")->stats.success.count, static_cast<std::uint64_t>(answered));
}

TEST_F(ServiceTest, LogsPredictionsLater) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ask(service(), "demand", static_cast<float>(i), 2).ok());
  service().flush_predictions();
  ASSERT_EQ(world_->sink.rows(), 10u);
  const PredictionBatch batch = world_->sink.batches().front();
  EXPECT_EQ(batch.deployment, "demand");
  EXPECT_EQ(batch.model_version, 1);
  EXPECT_EQ(batch.feature_names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(batch.rows.front().id.size(), 26u);
}

TEST_F(ServiceTest, DurableRouteFailsWhenTheLogDoes) {
  ASSERT_TRUE(service().deploy("demand", {.model = "demand", .version = 1}).ok());
  auto call = service().begin("demand");
  ASSERT_TRUE(call->reset(1).ok());
  ASSERT_TRUE(call->predict().ok());
  std::vector<PredictionRow> rows{{.id = "", .key = "k", .event_ms = 5}};
  world_->sink.error = unavailable("disk full");
  EXPECT_EQ(service().finish_durably(*call, {}, rows).code(), StatusCode::kUnavailable);
  world_->sink.error = {};
  ASSERT_TRUE(service().finish_durably(*call, {.origin_ms = 3, .run_id = "r"}, rows).ok());
  EXPECT_EQ(rows[0].id.size(), 26u);
  EXPECT_EQ(world_->sink.batches()[0].rows[0].key, "k");
  EXPECT_EQ(world_->sink.batches()[0].origin_ms, 3);
}

TEST(PredictionQueue, DropsWhatDoesNotFitAndCountsIt) {
  class SlowSink final : public PredictionSink {
   public:
    Status append(const std::vector<PredictionBatch>&) override {
      while (!open) std::this_thread::yield();
      return ok_status();
    }
    std::atomic<bool> open = false;
  };
  SlowSink sink;
  const SystemClock clock;
  LiveTable live;
  auto version = std::make_shared<LiveVersion>();
  version->runtime = std::make_unique<testing::SumModel>(*Signature::create({{"a"}}, true, "y"), 0.0F);
  live.ensure("d")->current.set(version);
  PredictionQueue queue(sink, clock, {.max_requests = 5});
  for (int i = 0; i < 50; ++i) {
    Call call(*live.acquire("d", ""));
    ASSERT_TRUE(call.reset(1).ok());
    ASSERT_TRUE(call.predict().ok());
    queue.push(call, "");
  }
  EXPECT_GE(queue.dropped(), 40u);
  sink.open = true;
  queue.flush();
}

}  // namespace
}  // namespace treadle::serving
