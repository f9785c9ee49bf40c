// Triggers: when something happens, run a pipeline.
//
//   Service automation(database, events, clock, launcher);
//   RETURN_IF_ERROR(automation.open());   // tables
//   RETURN_IF_ERROR(automation.start());  // follows the event log on a thread of its own
//
// An event fires a trigger exactly once, also across a crash: the firing, with the id of its future run, is written in
// the transaction that moves the cursor past the event; submitting a run under an id twice starts it once.
// All methods are thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "domains/automation/pipeline_launcher.h"
#include "domains/automation/types.h"
#include "domains/events/event_log.h"
#include "storage/sql/database.h"

namespace treadle::automation {

class Service {
 public:
  Service(sql::Database& database, events::EventLog& events, const Clock& clock, PipelineLauncher& launcher);
  // As by stop().
  ~Service();
  Status open();
  Status start();
  // Finishes the step under way. Idempotent.
  void stop();

  StatusOr<std::vector<Trigger>> triggers();
  // kNotFound with the nearest name.
  StatusOr<Trigger> trigger(std::string_view name);
  // Creates or replaces. A new one reacts to events from now on.
  StatusOr<Trigger> set_trigger(Trigger trigger);
  Status remove_trigger(std::string_view name);

  // By hand: `parameters` go over those of the action. Submitted when it returns ok. kFailedPrecondition at
  // max_concurrent.
  StatusOr<Firing> fire(std::string_view name, const Json& parameters, const std::string& reason);
  // Newest first.
  StatusOr<std::vector<Firing>> firings(std::string_view trigger, std::size_t limit);
  // What events about such things ("alert/") started, oldest first.
  StatusOr<std::vector<Firing>> firings_about(std::string_view subject_prefix);

  // Every event up to this one was looked at.
  std::int64_t looked_at() const { return read_to_; }

 private:
  void run(const std::stop_token& stop);
  // What one reading of the log came to.
  enum class Read { kNothing, kNothingForUs, kReacted };
  StatusOr<Read> consume();
  Status react(sql::Connection& tx, const events::Event& event);
  // Submits what is pending; false when something must be tried again.
  StatusOr<bool> dispatch();
  Status settle_finished();
  Status settle(const Firing& firing, FiringState state, const std::string& outcome);

  sql::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
  PipelineLauncher& launcher_;

  std::atomic<std::int64_t> read_to_ = -1;  // -1 before it is known; only run() changes it
  std::int64_t saved_ = -1;                 // the place in the log that a restart begins from

  std::mutex dispatching_;  // one submission at a time
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool news_ = true;
  std::unique_ptr<events::EventLog::Subscription> subscription_;
  std::jthread thread_;
};

}  // namespace treadle::automation
