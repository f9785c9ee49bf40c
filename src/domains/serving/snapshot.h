// A value that readers take whole while a writer puts another in its place.
//
// The pointer is shared because a request keeps the version it began with alive until it ends, although a new one took
// its place meanwhile; the last request to let go frees it. It is a mutex held for one pointer copy and not
// std::atomic<std::shared_ptr>: libstdc++ 12 implements that with a lock bit of its own whose relaxed unlock is a data
// race (ThreadSanitizer reports it), at no gain in speed.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace treadle::serving {

template <typename T>
class Snapshot {
 public:
  Snapshot() = default;
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  // Null before the first set().
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  // Returns what was there, so that freeing it happens outside the lock.
  std::shared_ptr<const T> set(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
    return value;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace treadle::serving
