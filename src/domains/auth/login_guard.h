// Slows guessing: after ten wrong passwords for one name from one address within a minute, or a hundred from the
// address for any names, that name or address waits until the minute has passed. Right passwords wait too, or waiting
// would tell.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace treadle::auth {

class LoginGuard {
 public:
  static constexpr std::int64_t kWindowMs = 60'000;
  static constexpr int kPerName = 10, kPerAddress = 100;
  static constexpr std::size_t kRemembered = 10'000;

  explicit LoginGuard(const Clock& clock) : clock_(clock) {}
  // kResourceExhausted while the name or the address has to wait.
  Status check(std::string_view address, std::string_view name);
  void failed(std::string_view address, std::string_view name);

 private:
  struct Count {
    std::int64_t since_ms = 0;
    int failures = 0;
  };
  int failures(const std::string& key);
  void count(const std::string& key);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Count> counts_;
};

}  // namespace treadle::auth
