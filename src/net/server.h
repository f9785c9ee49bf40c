// The HTTP/1.1 server: one io_context per thread with SO_REUSEPORT, coroutines inside, blocking handlers on a bounded
// worker pool. Slow clients, idle connections and large bodies cost bounded memory and time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "net/router.h"

namespace treadle::net {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 picks a free one
  unsigned io_threads = 2;
  unsigned worker_threads = 8;
  std::size_t worker_queue = 1024;  // waiting requests; more are answered 503 with Retry-After
  std::size_t max_connections = 20'000;
  std::chrono::milliseconds idle_timeout{60'000};    // between requests on a kept-alive connection
  std::chrono::milliseconds header_timeout{10'000};  // from first byte to the end of the headers
  std::size_t max_header_bytes = 64 * 1024;
  // Asked on the I/O thread before a body is read, when set: an answer refuses the request. `route` is null when
  // nothing matched. Must not block.
  std::function<std::optional<Response>(const Request&, const Router::Route* route)> admit;
  // Called once per finished request (metrics, access log); must be quick and thread-safe.
  struct Access {
    const Request* request;
    std::string_view pattern;  // the route's pattern, or "" when none matched
    int status;
    std::uint64_t bytes_in, bytes_out;
    std::int64_t duration_ns;
  };
  std::function<void(const Access&)> on_access;
};

class Server {
 public:
  // Listening when it returns. kAlreadyExists when the port is in use (the message names a fix).
  static StatusOr<std::unique_ptr<Server>> start(ServerOptions options, Router router);
  // Drains as by stop().
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  virtual std::size_t open_connections() const = 0;
  // Stops accepting, lets accepted requests finish for at most `grace`, ends streams, closes, joins. Idempotent.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace treadle::net
