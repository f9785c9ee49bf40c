#include "domains/pipelines/engine.h"

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "domains/pipelines/spec.h"
#include "domains/pipelines/store.h"

namespace treadle::pipelines {
namespace {
constexpr std::int64_t kRetryWriteNs = 500'000'000;
}

Engine::Engine(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
               blob::BlobStore& blobs, tracking::Service& tracking, executors::Executor& executor, Options options)
    : database_(database),
      clock_(clock),
      tracking_(tracking),
      options_(std::move(options)),
      records_(events, graph, clock),
      runner_(database, blobs, executor, options_) {
  if (options_.parallelism == 0) options_.parallelism = std::max(1U, std::thread::hardware_concurrency());
}

Status Engine::start() {
  {
    const std::lock_guard lock(mutex_);
    if (started_) return failed_precondition("the pipeline engine was started before");
    started_ = true;  // from here on take_up() hears of new runs, so that none is missed by the read below
  }
  std::vector<std::string> ids;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(ids, store::unfinished_runs(connection));
    return ok_status();
  }));
  const std::lock_guard lock(mutex_);
  active_count_ += ids.size();
  arrivals_.insert(arrivals_.begin(), ids.begin(), ids.end());
  for (unsigned i = 0; i < options_.parallelism; ++i) workers_.emplace_back([this] { work(); });
  coordinator_ = std::jthread([this] { coordinate(); });
  return ok_status();
}

void Engine::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  queued_.notify_all();
  if (coordinator_.joinable()) coordinator_.join();
  // Steps end now, and their rows still say RUNNING: the next start() runs them again.
  for (auto& [id, active] : active_) {
    for (auto& [task, source] : active.running) source.request_stop();
  }
  workers_.clear();
}

void Engine::take_up(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  if (!started_ || stopping_) return;  // start() finds the row
  ++active_count_;
  arrivals_.push_back(run_id);
  changed_.notify_one();
}

void Engine::cancel(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  cancels_.insert(run_id);
  changed_.notify_one();
}

bool Engine::has_room() const {
  const std::lock_guard lock(mutex_);
  return active_count_ < options_.max_active_runs;
}

void Engine::work() {
  while (true) {
    Queued next;
    {
      std::unique_lock lock(mutex_);
      queued_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    Finished finished{next.job.run_id, next.job.task.name, runner_.run(next.job, next.stop)};
    const std::lock_guard lock(mutex_);
    --in_flight_;
    finished_.push_back(std::move(finished));
    changed_.notify_one();
  }
}

void Engine::coordinate() {
  std::int64_t next_ns = 0;
  while (true) {
    std::deque<std::string> arrivals;
    std::deque<Finished> finished;
    std::set<std::string> cancels;
    {
      std::unique_lock lock(mutex_);
      const auto news = [this] { return stopping_ || !arrivals_.empty() || !finished_.empty() || !cancels_.empty(); };
      const std::int64_t wait_ns = std::clamp<std::int64_t>(next_ns - monotonic_ns(), 0, 3'600'000'000'000);
      changed_.wait_for(lock, std::chrono::nanoseconds(wait_ns), news);
      if (stopping_) return;
      arrivals.swap(arrivals_);
      finished.swap(finished_);
      cancels.swap(cancels_);
    }
    for (const std::string& id : arrivals) load(id);
    for (const std::string& id : cancels) {
      const auto found = active_.find(id);
      if (found == active_.end()) continue;
      found->second.graph->run.cancel_requested = true;
      for (auto& [task, source] : found->second.running) source.request_stop();
    }
    for (Finished& one : finished) apply(std::move(one));
    next_ns = INT64_MAX;
    for (auto at = active_.begin(); at != active_.end();) {
      Active& active = at->second;
      active.graph->advance(clock_.now_ms());
      const bool written = write_down(active);
      if (written) dispatch(active, next_ns);
      if (!written) next_ns = std::min(next_ns, monotonic_ns() + kRetryWriteNs);
      const bool done = written && is_terminal(active.graph->run.state) && active.running.empty();
      at = done ? active_.erase(at) : std::next(at);
    }
    const std::lock_guard lock(mutex_);
    active_count_ = active_.size() + arrivals_.size();
  }
}

void Engine::load(const std::string& run_id) {
  if (active_.contains(run_id)) return;
  Run run;
  store::RunSpec spec;
  std::vector<Task> tasks;
  const Status status = database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(run, store::load_run(connection, run_id));
    ASSIGN_OR_RETURN(spec, store::load_spec(connection, run_id));
    ASSIGN_OR_RETURN(tasks, store::load_tasks(connection, run_id));
    return ok_status();
  });
  if (!status.ok()) {
    log_error("a pipeline run could not be taken up", {{"id", run_id}, {"error", status.message()}});
    return;
  }
  if (is_terminal(run.state)) return;
  const Status tracked = begin_tracking(run);
  if (!tracked.ok()) log_warning("no tracking run", {{"id", run_id}, {"error", tracked.message()}});
  Active active;
  active.graph = std::make_unique<RunGraph>(std::move(run), std::move(spec.spec), spec.caching);
  for (Node* node : active.graph->restore(tasks)) {
    log_info("a step that was interrupted starts again", {{"id", run_id}, {"task", node->task.name}});
    runner_.clean_up(run_id, node->task);
  }
  active_.emplace(run_id, std::move(active));
}

void Engine::apply(Finished finished) {
  const auto found = active_.find(finished.run_id);
  if (found == active_.end()) return;
  Active& active = found->second;
  active.running.erase(finished.task);
  const auto& nodes = active.graph->nodes();
  const auto at = std::find_if(nodes.begin(), nodes.end(), [&](Node* n) { return n->task.name == finished.task; });
  if (at == nodes.end()) return;
  StepOutcome& outcome = finished.outcome;
  active.graph->finish_step(**at,
                            {outcome.state, std::move(outcome.inputs), std::move(outcome.outputs),
                             std::move(outcome.error), std::move(outcome.cache_key)},
                            clock_.now_ms(), monotonic_ns());
  log_metrics(active.graph->run, **at);
  log_packages(active.graph->run, **at, outcome.packages);
}

bool Engine::write_down(Active& active) {
  RunGraph& graph = *active.graph;
  for (Node* node : graph.take_dirty()) {
    if (std::find(active.unwritten.begin(), active.unwritten.end(), node) == active.unwritten.end()) {
      active.unwritten.push_back(node);
    }
  }
  active.to_write_run |= std::exchange(graph.run_dirty, false);
  if (active.unwritten.empty() && !active.to_write_run) return true;
  if (active.to_write_run && is_terminal(graph.run.state)) finish_tracking(graph.run);
  const Status status = database_.write([&](sql::Connection& tx) -> Status {
    if (active.to_write_run && !is_terminal(graph.run.state)) RETURN_IF_ERROR(records_.write_run(tx, graph.run));
    for (const Node* node : active.unwritten) RETURN_IF_ERROR(records_.write_task(tx, graph.run, *node));
    if (active.to_write_run && is_terminal(graph.run.state)) RETURN_IF_ERROR(records_.write_run(tx, graph.run));
    return ok_status();
  });
  if (!status.ok()) {
    log_error("a pipeline run's progress could not be written; trying again",
              {{"id", graph.run.id}, {"error", status.message()}});
    return false;
  }
  active.unwritten.clear();
  active.to_write_run = false;
  return true;
}

void Engine::dispatch(Active& active, std::int64_t& next_ns) {
  std::vector<Node*> started;
  for (Node* node : active.graph->ready_steps(monotonic_ns(), next_ns)) {
    {
      const std::lock_guard lock(mutex_);
      if (in_flight_ >= options_.parallelism) break;
      ++in_flight_;
    }
    active.graph->start_step(*node, clock_.now_ms());
    started.push_back(node);
  }
  if (started.empty()) return;
  // The row says RUNNING before anything runs. Without it nothing starts; the step is ready again.
  if (!write_down(active)) {
    next_ns = std::min(next_ns, monotonic_ns() + kRetryWriteNs);
    for (Node* node : started) {
      node->task.state = TaskState::kPending;
      node->task.started_ms = 0;
      --node->task.attempts;
    }
    const std::lock_guard lock(mutex_);
    in_flight_ -= started.size();
    return;
  }
  for (Node* node : started) {
    std::stop_source& source = active.running[node->task.name] = std::stop_source();
    StepJob job = make_job(active, *node);
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(job), source.get_token()});
    queued_.notify_one();
  }
}

StepJob Engine::make_job(const Active& active, const Node& node) const {
  const Run& run = active.graph->run;
  StepJob job;
  job.run_id = run.id;
  job.tracking_id = run.tracking_id();
  job.run_name = run.name;
  job.pipeline = run.pipeline;
  job.commit = run.code.commit;
  job.run_created_ms = run.created_ms;
  job.task = node.task;
  job.component = *node.component;
  job.executor = *executor_of(active.graph->spec(), *node.component);
  job.use_cache = active.graph->use_cache(node);
  return job;
}

}  // namespace treadle::pipelines
