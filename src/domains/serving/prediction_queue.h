// Logs predictions without making the request wait: a bounded queue and one thread that hands batches to the sink. What
// does not fit is dropped and counted; the request is answered either way. (The native `:predict` route does not come
// here: it writes before it replies.)
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "domains/serving/call.h"
#include "domains/serving/prediction_sink.h"

namespace treadle::serving {

class PredictionQueue {
 public:
  struct Options {
    std::size_t max_requests = 10'000;
    std::size_t max_values = 4u << 20;  // features waiting, 16 MiB; a row counts as kRowValues more for its id and key
    std::size_t batch_rows = 4'096;     // handed to the sink at once
  };

  PredictionQueue(PredictionSink& sink, const Clock& clock, Options options);
  // Hands over what is queued, then joins.
  ~PredictionQueue();

  // `key` names the request (its id) or is empty; several rows become key/0, key/1 …
  void push(const Call& call, std::string_view key);
  // Rows that were never logged: the queue was full, or the sink refused them.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  // Waits until everything pushed before was handed over.
  void flush();

 private:
  static constexpr std::size_t kRowValues = 32;
  struct Entry {
    std::size_t cost() const { return features.size() + kRowValues * values.size(); }
    Lease lease;
    std::string key;
    std::int64_t time_ms;
    std::vector<float> features;
    std::vector<float> values;
  };
  void run();
  std::vector<Entry> take(std::unique_lock<std::mutex>& lock);
  void hand_over(const std::vector<Entry>& entries);

  PredictionSink& sink_;
  const Clock& clock_;
  const Options options_;
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable idle_;
  std::deque<Entry> entries_;
  std::size_t queued_cost_ = 0;
  bool busy_ = false;
  bool stopping_ = false;
  std::jthread thread_;
};

// The batch that one call makes, with new ids and empty keys. Shared by the queue and the durable route.
PredictionBatch make_batch(const Lease& lease, std::int64_t time_ms);

}  // namespace treadle::serving
