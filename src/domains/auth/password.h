// Secrets: passwords are kept as scrypt hashes with a salt each, tokens as SHA-256 of what only their owner has.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle::auth {

struct PasswordRules {
  static constexpr std::size_t kShortest = 12, kLongest = 1024;  // bytes; the shortest as MLflow
};
Status check_password(std::string_view password);

// "scrypt:16384:8:5$salt$key". About a fifth of a second and 16 MiB; at most two at once, kUnavailable when too many
// wait.
StatusOr<std::string> hash_password(std::string_view password);
// Whether it is the password of that hash; takes as long for a wrong one.
StatusOr<bool> verify_password(std::string_view password, std::string_view hash);
// As much work as verify_password, for users that do not exist: the time taken must not tell.
void verify_nothing(std::string_view password);

// 256 random bits behind a prefix by which scanners for leaked secrets can know them.
std::string new_token();
// Compares without telling by its time where two texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);
// Keyed hash of a user and password, under a key of this process: what the cache of verified passwords remembers.
std::string fingerprint(std::string_view user, std::string_view password);

}  // namespace treadle::auth
