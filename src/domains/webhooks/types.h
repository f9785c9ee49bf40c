// The words of webhooks: who is told of what, and what a delivery is.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace treadle::webhooks {

struct Webhook {
  std::string id, name, url, description;
  std::vector<std::string> events;  // "model_version.created"
  std::string secret;               // signs what is sent; sealed, and never shown again
  bool active = true;
  std::int64_t created_ms = 0, updated_ms = 0;
};

// What to change; what is not there stays.
struct Change {
  std::optional<std::string> name, url, description, secret;
  std::optional<std::vector<std::string>> events;
  std::optional<bool> active;
};

struct Page {
  std::vector<Webhook> items;
  bool more = false;
};

// One event for one webhook. `id` stays the same however often it is tried, so that a receiver can tell.
struct Delivery {
  std::string id, webhook_id, event, body;
  int attempts = 0;
};

struct Answer {
  int status = 0;
  std::string body;  // its beginning
};
// A redirect is none: it is not followed, so nobody was told.
inline bool is_success(const Answer& answer) { return answer.status >= 200 && answer.status < 300; }

struct Outgoing {
  std::string url, body;
  std::vector<std::pair<std::string, std::string>> headers;
};
// Sends one POST without following redirects; an error when no answer came.
using Post = std::function<StatusOr<Answer>(const Outgoing&)>;

struct Options {
  std::vector<std::string> schemes = {"https"};
  // Whether addresses that are not of the public internet (this machine, its networks, a cloud's metadata) may be sent
  // to.
  bool private_addresses = false;
  unsigned senders = 4;
};

}  // namespace treadle::webhooks
