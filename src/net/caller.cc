#include "net/caller.h"

#include <algorithm>

#include "base/strings.h"

namespace treadle::net {
namespace {

constexpr std::size_t kLongest = 200;

// A name as it may be kept: no control characters, not long. What is not UTF-8 has no place in a database.
std::string name_of(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return plain ? std::string(trim(text.substr(0, kLongest))) : std::string();
}

std::string basic_user(std::string_view authorization) {
  constexpr std::string_view kBasic = "Basic ";
  if (!authorization.starts_with(kBasic)) return {};
  const auto pair = base64_decode(authorization.substr(kBasic.size()));
  return pair ? name_of(std::string_view(*pair).substr(0, pair->find(':'))) : std::string();
}

}  // namespace

Actor caller_of(const Request& request) {
  Actor actor{.client = name_of(request.headers.get("User-Agent"))};
  actor.user = basic_user(request.headers.get("Authorization"));
  if (actor.user.empty()) actor.user = name_of(request.headers.get(kUserHeader));
  return actor;
}

}  // namespace treadle::net
