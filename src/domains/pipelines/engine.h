// Runs the runs: one coordinating thread owns every active RunGraph, writes each move down before acting on it, and
// hands steps to a bounded number of workers.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "domains/pipelines/records.h"
#include "domains/pipelines/step.h"

namespace treadle::pipelines {

class Engine {
 public:
  Engine(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
         blob::BlobStore& blobs, tracking::Service& tracking, executors::Executor& executor, Options options);
  ~Engine() { stop(); }

  Status start();
  void stop();
  // Of a run whose row is written.
  void take_up(const std::string& run_id);
  void cancel(const std::string& run_id);
  // True while there is room for another run.
  bool has_room() const;
  Records& records() { return records_; }
  // Makes the tracking run of a pipeline run, with its params; safe to repeat.
  Status begin_tracking(const Run& run);
  Options& options() { return options_; }

 private:
  struct Finished {
    std::string run_id;
    std::string task;
    StepOutcome outcome;
  };
  struct Queued {
    StepJob job;
    std::stop_token stop;
  };
  struct Active {
    std::unique_ptr<RunGraph> graph;
    std::map<std::string, std::stop_source> running;  // steps in flight, by task
    std::vector<Node*> unwritten;
    bool to_write_run = false;
  };

  void coordinate();
  void work();
  void load(const std::string& run_id);
  void apply(Finished finished);
  // False when the rows could not be written; tried again soon.
  bool write_down(Active& active);
  void dispatch(Active& active, std::int64_t& next_ns);
  void finish_tracking(const Run& run);
  void log_metrics(const Run& run, const Node& node);
  // What the step's program could import, as a tag "treadle.environment.STEP" of the run.
  void log_packages(const Run& run, const Node& node, const std::vector<std::string>& packages);
  StepJob make_job(const Active& active, const Node& node) const;

  sql::Database& database_;
  const Clock& clock_;
  tracking::Service& tracking_;
  Options options_;
  Records records_;
  StepRunner runner_;

  mutable std::mutex mutex_;
  std::condition_variable changed_, queued_;
  bool stopping_ = false, started_ = false;
  std::deque<std::string> arrivals_;
  std::set<std::string> cancels_;
  std::deque<Finished> finished_;
  std::deque<Queued> queue_;
  std::size_t in_flight_ = 0, active_count_ = 0;

  std::map<std::string, Active> active_;  // the coordinator's own
  std::jthread coordinator_;
  std::vector<std::jthread> workers_;
};

}  // namespace treadle::pipelines
