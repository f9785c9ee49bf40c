// Threads for blocking work, with a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace treadle {

class WorkerPool {
 public:
  // `queue_limit` jobs may wait; more are refused.
  WorkerPool(std::size_t threads, std::size_t queue_limit);
  // Finishes every job that was accepted, then joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool is stopping: the caller answers "try later" (503). Jobs must not throw.
  [[nodiscard]] bool try_submit(std::function<void()> job);
  std::size_t queued() const;

 private:
  void work();

  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace treadle
