#include "domains/automation/service.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "storage/sql/testing/engines.h"

namespace treadle::automation {
namespace {

class FakeLauncher final : public PipelineLauncher {
 public:
  Status launch(const std::string& run_id, const Action& action, const std::string&) override {
    const std::lock_guard lock(mutex_);
    ++calls;
    if (!refuse_with.ok()) return refuse_with;
    runs.emplace(run_id, Run{action, {}});
    return ok_status();
  }
  StatusOr<RunProgress> progress(const std::string& run_id) override {
    const std::lock_guard lock(mutex_);
    const auto it = runs.find(run_id);
    if (it == runs.end()) return not_found("no run ", run_id);
    return it->second.progress;
  }
  void refuse(Status status) {
    const std::lock_guard lock(mutex_);
    refuse_with = std::move(status);
  }
  void finish(FiringState state, const std::string& outcome) {
    const std::lock_guard lock(mutex_);
    for (auto& [id, run] : runs) run.progress = {state, outcome};
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return runs.size();
  }

  struct Run {
    Action action;
    RunProgress progress;
  };
  std::map<std::string, Run> runs;
  int calls = 0;

 private:
  std::mutex mutex_;
  Status refuse_with;
};

class Automation : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    events_ = std::make_unique<events::EventLog>(database(), clock_);
    ASSERT_TRUE(events_->open().ok());
    start();
  }
  void TearDown() override {
    service_.reset();
    events_.reset();
    EngineTest::TearDown();
  }
  void start() {
    service_.reset();
    service_ = std::make_unique<Service>(database(), *events_, clock_, launcher_);
    ASSERT_TRUE(service_->open().ok());
    ASSERT_TRUE(service_->start().ok());
  }
  Trigger retrain() {
    Trigger trigger;
    trigger.name = "retrain";
    trigger.on = {"alert.raised", {{"deployment", "d"}}};
    trigger.action = {"training", "exp", {{"until", "{{event.until}}"}, {"reason", "because {{event.message}}"}}};
    return trigger;
  }
  void alert(const std::string& deployment = "d") {
    const Json payload = {{"deployment", deployment}, {"until", "2014-11-09"}, {"message", "it drifts"}};
    append({0, 0, "alert.raised", "alert/A", payload});
  }
  void append(const events::Event& event) {
    ASSERT_TRUE(database().write([&](sql::Connection& tx) { return events_->append(tx, event); }).ok());
  }
  std::vector<Firing> firings() {
    const auto found = service_->firings("retrain", 100);
    return found.ok() ? *found : std::vector<Firing>{};
  }
  ::testing::AssertionResult eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return ::testing::AssertionSuccess();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return ::testing::AssertionFailure() << "not within ten seconds";
  }
  // Until everything that happened so far was looked at.
  void settle() {
    ASSERT_TRUE(eventually([&] {
      const auto last = events_->last_sequence();
      return service_->looked_at() == *last;
    }));
  }

  ManualClock clock_{1'000'000};
  FakeLauncher launcher_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<Service> service_;
};

TEST_P(Automation, AnEventStartsItsPipelineAndTheRunsEndIsTold) {
  ASSERT_TRUE(service_->set_trigger(retrain()).ok());
  alert();
  ASSERT_TRUE(eventually([&] { return launcher_.count() == 1; }));
  ASSERT_TRUE(eventually([&] { return firings().at(0).state == FiringState::kRunning; }));
  const Firing firing = firings().at(0);
  EXPECT_EQ(firing.action.parameters["until"], "2014-11-09");
  EXPECT_EQ(firing.action.parameters["reason"], "because it drifts");
  EXPECT_EQ(firing.subject, "alert/A");
  EXPECT_EQ(service_->firings_about("alert/")->size(), 1u);
  launcher_.finish(FiringState::kSucceeded, "promoted");
  append({0, 0, "pipeline_run.finished", "pipeline_run/x", Json::object()});
  ASSERT_TRUE(eventually([&] { return firings().at(0).state == FiringState::kSucceeded; }));
  EXPECT_EQ(firings().at(0).outcome, "promoted");
  EXPECT_EQ(events_->read(0, 100, "trigger.finished")->size(), 1u);
}

TEST_P(Automation, OtherEventsAndEarlierOnesDoNothing) {
  alert();
  ASSERT_TRUE(service_->set_trigger(retrain()).ok());
  alert("another");
  append({0, 0, "alert.resolved", "alert/A", {{"deployment", "d"}}});
  settle();
  EXPECT_TRUE(firings().empty());
}

TEST_P(Automation, AFiringSurvivesACrashAndHappensOnce) {
  ASSERT_TRUE(service_->set_trigger(retrain()).ok());
  launcher_.refuse(unavailable("not yet"));
  alert();
  ASSERT_TRUE(eventually([&] { return firings().size() == 1; }));
  const std::string run_id = firings()[0].run_id;
  launcher_.refuse(ok_status());
  start();
  ASSERT_TRUE(eventually([&] { return launcher_.count() == 1; }));
  EXPECT_EQ(launcher_.runs.begin()->first, run_id);
  start();
  settle();
  EXPECT_EQ(firings().size(), 1u);
}

TEST_P(Automation, ConcurrencyAndCooldownSkipButAreRecorded) {
  Trigger trigger = retrain();
  trigger.cooldown_ms = 1000;
  ASSERT_TRUE(service_->set_trigger(trigger).ok());
  alert();
  alert();
  ASSERT_TRUE(eventually([&] { return firings().size() == 2; }));
  EXPECT_EQ(firings()[0].state, FiringState::kSkipped);
  ASSERT_TRUE(eventually([&] { return launcher_.count() == 1; }));
  launcher_.finish(FiringState::kSucceeded, "refused");
  append({0, 0, "pipeline_run.finished", "pipeline_run/x", Json::object()});
  ASSERT_TRUE(eventually([&] { return firings().back().state == FiringState::kSucceeded; }));
  alert();
  ASSERT_TRUE(eventually([&] { return firings().size() == 3; }));
  EXPECT_EQ(firings()[0].outcome, "skipped: cooling down for 1000 ms more");
  clock_.advance(1000);
  alert();
  ASSERT_TRUE(eventually([&] { return launcher_.count() == 2; }));
}

TEST_P(Automation, ByHandFillsWhatAnEventWouldTell) {
  ASSERT_TRUE(service_->set_trigger(retrain()).ok());
  EXPECT_EQ(service_->fire("retrain", Json::object(), "").status().code(), StatusCode::kInvalidArgument)
      << "no truths yet, so nobody knows until when";
  append({0, 0, "truths.joined", "deployment/d", {{"deployment", "d"}, {"until", "2014-12-01"}}});
  settle();
  const auto fired = service_->fire("retrain", {{"extra", 5}}, "new tariff");
  ASSERT_TRUE(fired.ok()) << fired.status().to_string();
  EXPECT_EQ(fired->state, FiringState::kRunning);
  EXPECT_EQ(fired->action.parameters, (Json{{"until", "2014-12-01"}, {"reason", "because new tariff"}, {"extra", 5}}));
  EXPECT_EQ(service_->fire("retrain", Json::object(), "").status().code(), StatusCode::kFailedPrecondition);
}

TEST_P(Automation, WhatCannotBeSubmittedFailsWithTheReason) {
  ASSERT_TRUE(service_->set_trigger(retrain()).ok());
  launcher_.refuse(not_found("no pipeline is named \"training\""));
  alert();
  ASSERT_TRUE(eventually([&] { return firings().size() == 1 && firings()[0].state == FiringState::kFailed; }));
  EXPECT_EQ(firings()[0].outcome, "no pipeline is named \"training\"");
  append({0, 0, "truths.joined", "deployment/d", {{"deployment", "d"}, {"until", "2014-12-01"}}});
  settle();
  EXPECT_FALSE(service_->fire("retrain", Json::object(), "").ok());
}

TEST_P(Automation, WrongTriggersNameTheField) {
  Trigger trigger = retrain();
  trigger.name = "a/b";
  EXPECT_EQ(service_->set_trigger(trigger).status().field(), "name");
  trigger = retrain();
  trigger.on.event = "trigger.fired";
  EXPECT_EQ(service_->set_trigger(trigger).status().field(), "on.event");
  trigger = retrain();
  trigger.max_concurrent = 0;
  EXPECT_EQ(service_->set_trigger(trigger).status().field(), "max_concurrent");
  ASSERT_TRUE(service_->set_trigger(retrain()).ok());
  EXPECT_NE(service_->trigger("retrian").status().message().find("did you mean \"retrain\""), std::string::npos);
  EXPECT_TRUE(service_->remove_trigger("retrain").ok());
  EXPECT_TRUE(service_->triggers()->empty());
}

TREADLE_ON_BOTH_ENGINES(Automation);

}  // namespace
}  // namespace treadle::automation
