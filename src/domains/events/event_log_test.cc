#include "domains/events/event_log.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "storage/sql/testing/engines.h"

namespace treadle::events {
namespace {

class Log : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    log_ = std::make_unique<EventLog>(database(), clock_);
    ASSERT_TRUE(log_->open().ok());
  }
  Status append(std::string type) {
    return database().write([&](sql::Connection& tx) { return log_->append(tx, {0, 0, type, "x/1", {{"n", 1}}}); });
  }
  ManualClock clock_{1000};
  void TearDown() override {
    log_.reset();
    EngineTest::TearDown();
  }
  std::unique_ptr<EventLog> log_;
};

TEST_P(Log, ReadsInOrderFromACursorByType) {
  for (const char* type : {"run.created", "alert.raised", "run.finished"}) ASSERT_TRUE(append(type).ok());
  const auto all = log_->read(0, 10);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].type, "run.created");
  EXPECT_EQ((*all)[0].time_ms, 1000);
  EXPECT_EQ((*all)[0].payload["n"], 1);
  EXPECT_EQ(log_->read((*all)[0].sequence, 10)->size(), 2u);
  EXPECT_EQ(log_->read(0, 10, "run.")->size(), 2u);
  EXPECT_EQ(*log_->last_sequence(), (*all)[2].sequence);
}

TEST_P(Log, ARolledBackChangeHasNoEvent) {
  EXPECT_FALSE(database()
                   .write([&](sql::Connection& tx) -> Status {
                     RETURN_IF_ERROR(log_->append(tx, {0, 0, "run.created", "x", {}}));
                     return internal_error("no");
                   })
                   .ok());
  EXPECT_TRUE(log_->read(0, 10)->empty());
}

TEST_P(Log, CursorsAreKept) {
  EXPECT_EQ(*log_->cursor("me"), 0);
  for (const std::int64_t at : {5, 7}) {
    ASSERT_TRUE(database().write([&](sql::Connection& tx) { return log_->save_cursor(tx, "me", at); }).ok());
    EXPECT_EQ(*log_->cursor("me"), at);
  }
}

TEST_P(Log, SubscribersHearOfDurableEvents) {
  std::mutex mutex;
  std::condition_variable heard;
  std::size_t seen = 0;
  const auto subscription = log_->subscribe([&] {
    const auto events = log_->read(0, 100);
    const std::lock_guard lock(mutex);
    seen = events->size();
    heard.notify_all();
  });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append("run.created").ok());
  std::unique_lock lock(mutex);
  EXPECT_TRUE(heard.wait_for(lock, std::chrono::seconds(10), [&] { return seen == 5; }));
}

TREADLE_ON_BOTH_ENGINES(Log);

}  // namespace
}  // namespace treadle::events
