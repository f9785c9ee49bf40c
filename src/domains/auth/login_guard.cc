#include "domains/auth/login_guard.h"

#include "base/hash.h"

namespace treadle::auth {
namespace {
// Hashed, so that a name of any length costs the same memory and cannot run into the address.
std::string name_key(std::string_view address, std::string_view name) {
  return sha256_hex(str_cat(address, "\n", name));
}
}  // namespace

int LoginGuard::failures(const std::string& key) {
  const auto it = counts_.find(key);
  if (it == counts_.end() || clock_.now_ms() - it->second.since_ms >= kWindowMs) return 0;
  return it->second.failures;
}

Status LoginGuard::check(std::string_view address, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (counts_.empty()) return ok_status();
  if (failures(name_key(address, name)) < kPerName && failures(std::string(address)) < kPerAddress) return ok_status();
  return resource_exhausted("too many wrong passwords from ", address, "; wait a minute and try again");
}

void LoginGuard::count(const std::string& key) {
  Count& entry = counts_[key];
  const std::int64_t now = clock_.now_ms();
  if (now - entry.since_ms >= kWindowMs) entry = {now, 0};
  ++entry.failures;
}

void LoginGuard::failed(std::string_view address, std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (counts_.size() >= kRemembered) {
    const std::int64_t now = clock_.now_ms();
    std::erase_if(counts_, [&](const auto& entry) { return now - entry.second.since_ms >= kWindowMs; });
    if (counts_.size() >= kRemembered) counts_.clear();
  }
  count(name_key(address, name));
  count(std::string(address));
}

}  // namespace treadle::auth
