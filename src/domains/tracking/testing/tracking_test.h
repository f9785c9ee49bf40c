// A tracking service on both engines with all it stands on; also for the suites of domains above it.
#pragma once

#include <memory>

#include "base/files.h"
#include "domains/tracking/service.h"
#include "storage/sql/testing/engines.h"

namespace treadle::tracking::testing {

class TrackingTest : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(folder_.ok()) << folder_.status().to_string();
    auto blobs = blob::open_local(folder_->path() / "blobs");
    ASSERT_TRUE(blobs.ok()) << blobs.status().to_string();
    blobs_ = std::move(*blobs);
    events_ = std::make_unique<events::EventLog>(database(), clock_);
    graph_ = std::make_unique<lineage::Graph>(database(), clock_);
    tracking_ = std::make_unique<Service>(database(), *events_, *graph_, clock_, *blobs_);
    ASSERT_TRUE(events_->open().ok());
    ASSERT_TRUE(graph_->open().ok());
    const Status opened = tracking_->open();
    ASSERT_TRUE(opened.ok()) << opened.to_string();
  }
  void TearDown() override {
    tracking_.reset();
    graph_.reset();
    events_.reset();
    EngineTest::TearDown();
  }
  events::EventLog& events() { return *events_; }
  lineage::Graph& graph() { return *graph_; }
  Service& tracking() { return *tracking_; }

  ManualClock clock_{1'000};

 private:
  StatusOr<TempDir> folder_ = TempDir::create();
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<lineage::Graph> graph_;
  std::unique_ptr<Service> tracking_;
};

}  // namespace treadle::tracking::testing
