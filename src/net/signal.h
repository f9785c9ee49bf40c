// Something a coroutine can wait for and any thread can set off.
#pragma once

#include <memory>
#include <mutex>

#include "net/asio.h"

namespace treadle::net {

class Signal : public std::enable_shared_from_this<Signal> {  // shared: the setter may outlive the waiter
 public:
  explicit Signal(const asio::any_io_executor& executor) : timer_(std::make_unique<asio::steady_timer>(executor)) {}

  // Wakes the waiter, or the next one when nobody waits now. Does nothing after close(). Thread-safe.
  void set() {
    const std::lock_guard lock(closing_);
    if (!timer_) return;
    asio::post(timer_->get_executor(), [self = shared_from_this()] {
      self->set_ = true;
      if (self->timer_) self->timer_->cancel();
    });
  }

  // On the executor's thread, when nobody waits any more: a setter kept by somebody else may outlive the executor.
  void close() {
    const std::lock_guard lock(closing_);
    timer_.reset();
  }

  // On the executor's thread. True when it was set, false when `timeout` passed first.
  asio::awaitable<bool> wait(std::chrono::steady_clock::duration timeout) {
    const auto self = shared_from_this();
    if (!set_) {
      timer_->expires_after(timeout);
      co_await timer_->async_wait(with_error);
    }
    const bool was_set = set_;
    set_ = false;
    co_return was_set;
  }

 private:
  std::mutex closing_;
  std::unique_ptr<asio::steady_timer> timer_;  // null when closed
  bool set_ = false;                           // only touched on the executor's thread
};

}  // namespace treadle::net
