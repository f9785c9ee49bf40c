// A small blocking HTTP client for the CLI, the components and webhooks (http:// only until TLS lands).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace treadle::net {

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
  StatusOr<Json> json() const { return parse_json(body); }
};

// Keeps one connection alive between calls and reconnects once when the server closed it. Not thread-safe: one per
// thread.
class Client {
 public:
  // `base_url` like "http://127.0.0.1:7070".
  static StatusOr<Client> create(std::string_view base_url);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Errors: kUnavailable (cannot connect; the message names the address), kDeadlineExceeded. A 4xx or 5xx is a
  // response.
  StatusOr<ClientResponse> request(Method method, std::string_view target, std::string_view body = {},
                                   const Headers& headers = {},
                                   std::chrono::milliseconds timeout = std::chrono::milliseconds(30'000));
  // JSON in and out; a native-API error response becomes its Status.
  StatusOr<Json> get_json(std::string_view target);
  StatusOr<Json> send_json(Method method, std::string_view target, const Json& body);
  // Server-sent events until `on_event` returns false, the stream ends or `timeout` passes without a byte.
  Status events(std::string_view target,
                const std::function<bool(std::string_view event, std::string_view data)>& on_event,
                std::chrono::milliseconds timeout);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace treadle::net
