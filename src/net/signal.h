// Something a coroutine can wait for and any thread can set off.
#pragma once

#include <memory>

#include "net/asio.h"

namespace treadle::net {

class Signal : public std::enable_shared_from_this<Signal> {  // shared: the setter may outlive the waiter
 public:
  explicit Signal(const asio::any_io_executor& executor) : timer_(executor) {}

  // Wakes the waiter, or the next one when nobody waits now. Thread-safe.
  void set() {
    asio::post(timer_.get_executor(), [self = shared_from_this()] {
      self->set_ = true;
      self->timer_.cancel();
    });
  }

  // On the executor's thread. True when it was set, false when `timeout` passed first.
  asio::awaitable<bool> wait(std::chrono::steady_clock::duration timeout) {
    const auto self = shared_from_this();
    if (!set_) {
      timer_.expires_after(timeout);
      co_await timer_.async_wait(with_error);
    }
    const bool was_set = set_;
    set_ = false;
    co_return was_set;
  }

 private:
  asio::steady_timer timer_;
  bool set_ = false;  // only touched on the executor's thread
};

}  // namespace treadle::net
