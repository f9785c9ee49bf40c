// A real database, blobs, tracking and engine in a temporary folder, with real processes as steps.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/files.h"
#include "domains/pipelines/service.h"
#include "executors/process_executor.h"

namespace treadle::pipelines {

using PipelineRun = Run;  // testing::Test has a Run too

class World : public testing::Test {
 protected:
  void SetUp() override {
    database_ = *sql::open_sqlite({.path = (folder_.path() / "treadle.db").string()});
    blobs_ = *blob::open_local(folder_.path() / "blobs");
    events_ = std::make_unique<events::EventLog>(*database_, clock_);
    ASSERT_TRUE(events_->open().ok());
    graph_ = std::make_unique<lineage::Graph>(*database_, clock_);
    ASSERT_TRUE(graph_->open().ok());
    tracking_ = std::make_unique<tracking::Service>(*database_, *events_, *graph_, clock_, *blobs_);
    ASSERT_TRUE(tracking_->open().ok());
    make_service();
  }
  void make_service() {
    Options options;
    options.work_folder = folder_.path() / "work";
    options.layers_folder = folder_.path() / "layers";
    options.server_url = "http://127.0.0.1:1";
    options.parallelism = 2;
    service_ =
        std::make_unique<Service>(*database_, *events_, *graph_, clock_, *blobs_, *tracking_, executor_, options);
    ASSERT_TRUE(service_->open().ok());
  }
  // Waits for the end.
  PipelineRun finish(const std::string& id) {
    for (int i = 0; i < 3000; ++i) {
      const auto run = service_->get_run(id);
      if (!run.ok() || is_terminal(run->state)) return run.value_or(PipelineRun{});
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "the run did not end";
    return {};
  }
  PipelineRun run(const Json& spec, const Json& parameters = Json::object()) {
    Submission submission;
    submission.spec = spec;
    submission.parameters = parameters;
    const auto submitted = service_->submit(submission);
    EXPECT_TRUE(submitted.ok()) << submitted.status().to_string();
    return submitted.ok() ? finish(submitted->id) : PipelineRun{};
  }
  Task task(const std::string& run_id, const std::string& name) {
    const auto tasks = service_->tasks(run_id);
    if (tasks.ok()) {
      for (const Task& one : *tasks) {
        if (one.name == name) return one;
      }
    }
    ADD_FAILURE() << "no task " << name;
    return {};
  }

  TempDir folder_ = *TempDir::create();
  SystemClock clock_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<lineage::Graph> graph_;
  std::unique_ptr<tracking::Service> tracking_;
  executors::ProcessExecutor executor_;
  std::unique_ptr<Service> service_;
};

}  // namespace treadle::pipelines
