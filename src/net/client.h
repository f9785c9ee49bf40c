// A small blocking HTTP client, with TLS, for the CLI and the components.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"
#include "net/sse.h"

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
  // `base_url` like "http://127.0.0.1:7070" or "https://ml.example.org/treadle", whose path goes before every target.
  static StatusOr<Client> create(std::string_view base_url);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Sent with every call from now on: "Bearer TOKEN", "Basic …".
  void set_authorization(std::string value);
  // Names the user to a server without access control, for its records.
  void set_user(std::string name);
  // Errors: kUnavailable (cannot connect; the message names the address), kDeadlineExceeded. A 4xx or 5xx is a
  // response.
  StatusOr<ClientResponse> request(Method method, std::string_view target, std::string_view body = {},
                                   const Headers& headers = {},
                                   std::chrono::milliseconds timeout = std::chrono::milliseconds(30'000));
  // JSON in and out; a native-API error response becomes its Status.
  StatusOr<Json> get_json(std::string_view target);
  StatusOr<Json> send_json(Method method, std::string_view target, const Json& body);
  // GET whose body is handed over in pieces as it arrives, so memory stays flat whatever its size. Only the body of a
  // 200 goes to `on_bytes`, whose error ends the call and is returned; any other status is a response with its body.
  // `timeout` is for each piece.
  StatusOr<ClientResponse> download(std::string_view target, const std::function<Status(std::string_view)>& on_bytes,
                                    const Headers& headers = {},
                                    std::chrono::milliseconds timeout = std::chrono::milliseconds(60'000));
  // Sends `size` bytes that `read` gives in pieces (0 means that it has no more, which is an error before `size`).
  StatusOr<ClientResponse> upload(Method method, std::string_view target, std::uint64_t size,
                                  const std::function<StatusOr<std::size_t>(char*, std::size_t)>& read,
                                  const Headers& headers = {},
                                  std::chrono::milliseconds timeout = std::chrono::milliseconds(60'000));
  // A native-API error answer as the Status it was; ok for a status below 400.
  static Status status_of(const ClientResponse& response);
  // Server-sent events until `on_event` returns false, the stream ends or `timeout` passes without a byte. An answer
  // other than 200 is its Status.
  Status events(std::string_view target, const std::function<bool(const SseEvent&)>& on_event,
                std::chrono::milliseconds timeout, const Headers& headers = {});

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace treadle::net
