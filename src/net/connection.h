// One client's connection: reads requests one after the other, has each answered, writes the answers.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "base/worker_pool.h"
#include "net/asio.h"
#include "net/body_pipe.h"
#include "net/server.h"
#include "net/signal.h"

namespace treadle::net {

// What all connections of a server share.
struct Shared {
  ServerOptions options;
  Router router;
  bool loopback = true;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<WorkerPool> uploads;  // streamed bodies wait for their clients; nobody else waits for them
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> open = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {  // shared: its coroutine and the server's list
 public:
  Connection(tcp::socket socket, std::shared_ptr<Shared> shared);
  ~Connection();

  // The whole life of the connection.
  asio::awaitable<void> run();
  // On the connection's thread: closes it now when no request is under way, else after its answer; ends streams.
  void stop();
  // On the connection's thread: closes it whatever it does.
  void abort();

 private:
  using Clock = asio::steady_timer::clock_type;
  using Parser = http::request_parser<http::buffer_body>;

  asio::awaitable<bool> read_header(Parser& parser);
  asio::awaitable<void> linger();
  // Answers one request; false when the connection is to be closed.
  asio::awaitable<bool> serve(Parser& parser);
  asio::awaitable<Response> answer(Parser& parser, Request& request, Router::Match& match);
  asio::awaitable<Response> buffered(Parser& parser, Request& request, const Router::Route& route);
  asio::awaitable<Response> streamed(Parser& parser, Request& request, const Router::Route& route);
  asio::awaitable<Status> read_body(Parser& parser, std::string& body, std::uint64_t limit,
                                    std::chrono::milliseconds timeout);
  // One piece of the body; empty at its end.
  asio::awaitable<StatusOr<std::string>> read_piece(Parser& parser, std::chrono::milliseconds timeout);
  asio::awaitable<void> send_continue(Parser& parser);
  asio::awaitable<Response> on_worker(Request& request, const Router::Route& route);

  asio::awaitable<bool> send(Request& request, Response& response, bool keep_alive);
  asio::awaitable<bool> send_file(const Request& request, Response& response, bool keep_alive, const FileBody& file);
  asio::awaitable<bool> send_stream(const Request& request, Response& response, StreamSource& source);
  asio::awaitable<bool> write(std::string_view head, std::string_view body);

  // Closes the socket when `timeout` passes before the next arm() or disarm(): slow clients cost bounded time.
  void arm(std::chrono::milliseconds timeout);
  void disarm() { deadline_ = Clock::time_point::max(); }
  void watch();

  tcp::socket socket_;
  asio::steady_timer watchdog_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool watching_ = false;  // watchdog_ is running
  std::string remote_;
  std::shared_ptr<Signal> wake_;  // shared with what may set it from other threads
  std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  bool busy_ = false;
  bool body_unread_ = false;
  bool stopping_ = false;
};

// The status line and headers of an answer.
std::string response_head(const Response& response, std::string_view request_id, std::optional<std::uint64_t> length,
                          bool keep_alive);

}  // namespace treadle::net
