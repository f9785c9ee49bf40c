#include "domains/serving/prediction_queue.h"

#include <utility>

#include "base/ids.h"
#include "base/log.h"

namespace treadle::serving {

PredictionBatch make_batch(const Lease& lease, std::int64_t time_ms) {
  PredictionBatch batch;
  batch.deployment = lease.deployment->name;
  batch.model = lease.version->model;
  batch.model_version = lease.version->version;
  batch.time_ms = time_ms;
  batch.feature_names = lease.version->runtime->signature().feature_names();
  return batch;
}

PredictionQueue::PredictionQueue(PredictionSink& sink, const Clock& clock, Options options)
    : sink_(sink), clock_(clock), options_(options), thread_([this] { run(); }) {}

PredictionQueue::~PredictionQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void PredictionQueue::push(const Call& call, std::string_view key) {
  const std::span<const float> features = call.features().values();
  Entry entry{call.lease(),
              std::string(key),
              clock_.now_ms(),
              {features.begin(), features.end()},
              {call.values().begin(), call.values().end()}};
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= options_.max_requests || queued_cost_ + entry.cost() > options_.max_values) {
      dropped_.fetch_add(entry.values.size(), std::memory_order_relaxed);
      return;
    }
    was_empty = entries_.empty();
    queued_cost_ += entry.cost();
    entries_.push_back(std::move(entry));
  }
  if (was_empty) changed_.notify_one();
}

void PredictionQueue::flush() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return entries_.empty() && !busy_; });
}

std::vector<PredictionQueue::Entry> PredictionQueue::take(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return stopping_ || !entries_.empty(); });
  std::vector<Entry> taken;
  std::size_t rows = 0;
  while (!entries_.empty() && rows < options_.batch_rows) {
    rows += entries_.front().values.size();
    queued_cost_ -= entries_.front().cost();
    taken.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
  return taken;
}

void PredictionQueue::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const std::vector<Entry> taken = take(lock);
    if (taken.empty()) return;  // stopping, and nothing is left
    busy_ = true;
    lock.unlock();
    hand_over(taken);
    lock.lock();
    busy_ = false;
    if (entries_.empty()) idle_.notify_all();
  }
}

void PredictionQueue::hand_over(const std::vector<Entry>& entries) {
  std::vector<PredictionBatch> batches;
  const LiveVersion* version = nullptr;
  std::size_t rows = 0;
  for (const Entry& entry : entries) {
    if (batches.empty() || entry.lease.version.get() != version) {
      batches.push_back(make_batch(entry.lease, entry.time_ms));
      version = entry.lease.version.get();
    }
    PredictionBatch& batch = batches.back();
    batch.features.insert(batch.features.end(), entry.features.begin(), entry.features.end());
    for (std::size_t i = 0; i < entry.values.size(); ++i) {
      std::string key = entry.key.empty() || entry.values.size() == 1 ? entry.key : str_cat(entry.key, "/", i);
      batch.rows.push_back({new_ulid(), std::move(key), std::nullopt, static_cast<double>(entry.values[i])});
    }
    rows += entry.values.size();
  }
  if (const Status status = sink_.append(batches); !status.ok()) {
    dropped_.fetch_add(rows, std::memory_order_relaxed);
    log_error("predictions could not be logged", {{"rows", rows}, {"error", status.message()}});
  }
}

}  // namespace treadle::serving
