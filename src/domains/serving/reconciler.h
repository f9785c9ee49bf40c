// Makes what serves equal to what is stored as wanted. One thread; it wakes on events, loads the wanted version beside
// the one that serves, records the outcome, and only then swaps. A version that cannot be loaded changes nothing but
// `error`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/serving/live.h"
#include "domains/serving/model_source.h"
#include "domains/serving/store.h"

namespace treadle::serving {

class Reconciler {
 public:
  struct Collaborators {
    sql::Database& database;
    events::EventLog& events;
    lineage::Graph& graph;
    const Clock& clock;
    ModelSource& source;
    DeploymentStore& store;
    const RuntimeRegistry& runtimes;
    LiveTable& live;
  };
  explicit Reconciler(Collaborators collaborators);
  ~Reconciler();

  // Starts the thread, which first loads what served before the server stopped.
  Status start();
  // Waits for a load that is under way.
  void stop();
  // True once everything that served before the start was tried.
  bool settled() const;

  // Looks again soon; called when a deployment was requested.
  void wake();
  // Waits until `generation` of `name` was tried, and returns how that went. kDeadlineExceeded after `timeout`.
  Status wait(std::string_view name, std::int64_t generation, std::chrono::milliseconds timeout);

 private:
  struct Outcome {
    std::int64_t generation = 0;
    Status status;
  };
  void run();
  void restore_all();
  void reconcile_all();
  Status reconcile(const DeploymentRow& row);
  StatusOr<std::shared_ptr<const LiveVersion>> load(const std::string& model, std::int64_t version);
  Status record_reached(const DeploymentRow& row);
  void record_failed(const DeploymentRow& row, const Status& status);
  void note(const std::string& name, std::int64_t generation, const Status& status);

  Collaborators c_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool wake_ = false;
  bool stopping_ = false;
  bool settled_ = false;
  std::map<std::string, Outcome, std::less<>> outcomes_;
  std::unique_ptr<events::EventLog::Subscription> subscription_;
  std::thread thread_;
};

}  // namespace treadle::serving
