// A bounded pipe from the connection's coroutine to the worker that reads a streamed request body.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "net/http.h"

namespace treadle::net {

class BodyPipe final : public BodyReader {
 public:
  // `on_space` is called, from the reader's thread, whenever room appeared.
  BodyPipe(std::optional<std::uint64_t> length, std::function<void()> on_space)
      : length_(length), on_space_(std::move(on_space)) {}

  // The coroutine's side.
  bool has_space() const {
    const std::lock_guard lock(mutex_);
    return held_ < kCapacity;
  }
  void push(std::string piece) {
    const std::lock_guard lock(mutex_);
    held_ += piece.size();
    pieces_.push_back(std::move(piece));
    ready_.notify_one();
  }
  // The end of the body, or what went wrong with it.
  void finish(Status status) {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = std::move(status);
    ready_.notify_one();
  }

  // The worker's side.
  StatusOr<std::size_t> read(char* buffer, std::size_t size) override {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !pieces_.empty() || end_; });
    if (pieces_.empty()) {
      if (!end_->ok()) return *end_;
      return std::size_t{0};
    }
    std::string& front = pieces_.front();
    const std::size_t count = std::min(size, front.size() - taken_);
    front.copy(buffer, count, taken_);
    taken_ += count;
    if (taken_ < front.size()) return count;
    held_ -= front.size();
    pieces_.pop_front();
    taken_ = 0;
    lock.unlock();
    on_space_();
    return count;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  static constexpr std::size_t kCapacity = 1u << 20;

  const std::optional<std::uint64_t> length_;
  const std::function<void()> on_space_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::string> pieces_;
  std::size_t held_ = 0;   // bytes in pieces_
  std::size_t taken_ = 0;  // bytes of the first piece already read
  std::optional<Status> end_;
};

}  // namespace treadle::net
