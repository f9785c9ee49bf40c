#include "net/server.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "net/connection.h"

namespace treadle::net {
namespace {

constexpr std::size_t kHandlesBesideConnections = 1024;

// Ten thousand connections need as many handles; the usual soft limit is 1024.
void raise_handle_limit(std::size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, connections + kHandlesBesideConnections);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// One thread with its own loop, listening socket and connections: nothing is shared on the way of a request.
class Loop {
 public:
  Loop(std::shared_ptr<Shared> shared) : shared_(std::move(shared)), acceptor_(context_) {}

  boost::system::error_code listen(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.set_option(ReusePort(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(4096, error);
    return error;
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void start() {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::jthread([this] {
      // sendfile(2) to a client that went away raises it; the error code is enough.
      sigset_t pipe;
      sigemptyset(&pipe);
      sigaddset(&pipe, SIGPIPE);
      pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
      context_.run();
    });
  }

  void begin_stop() {
    asio::post(context_, [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      each([](Connection& connection) { connection.stop(); });
    });
  }
  void abort_all() {
    asio::post(context_, [this] { each([](Connection& connection) { connection.abort(); }); });
  }
  void join() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  template <typename Call>
  void each(const Call& call) {
    for (const auto& weak : connections_) {
      if (const auto connection = weak.lock()) call(*connection);
    }
  }

  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(with_error);
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        // Out of handles: give the connections that are closing a moment.
        asio::steady_timer pause(context_, std::chrono::milliseconds(50));
        co_await pause.async_wait(with_error);
        continue;
      }
      if (shared_->open >= shared_->options.max_connections) continue;  // closes it
      asio::co_spawn(context_, live(std::make_shared<Connection>(std::move(socket), shared_)), asio::detached);
    }
  }

  asio::awaitable<void> live(std::shared_ptr<Connection> connection) {
    const auto place = connections_.insert(connections_.end(), connection);
    co_await connection->run();
    connections_.erase(place);
  }

  std::shared_ptr<Shared> shared_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::list<std::weak_ptr<Connection>> connections_;  // only touched on the loop's thread
  std::jthread thread_;
};

class BeastServer final : public Server {
 public:
  explicit BeastServer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  ~BeastServer() override { stop(std::chrono::seconds(5)); }

  Status listen() {
    const ServerOptions& options = shared_->options;
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return invalid_field("address", "\"", options.address, "\" is not an IP address");
    shared_->loopback = address.is_loopback();
    RETURN_IF_ERROR(check_free({address, options.port}));
    tcp::endpoint endpoint(address, options.port);
    for (unsigned i = 0; i < std::max(1u, options.io_threads); ++i) {
      loops_.push_back(std::make_unique<Loop>(shared_));
      if (loops_.back()->listen(endpoint)) return port_taken(endpoint);
      endpoint.port(loops_.back()->port());
    }
    for (const auto& loop : loops_) loop->start();
    return ok_status();
  }

  std::uint16_t port() const override { return loops_.front()->port(); }
  std::size_t open_connections() const override { return shared_->open; }

  void stop(std::chrono::milliseconds grace) override {
    const std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    shared_->stopping = true;
    for (const auto& loop : loops_) loop->begin_stop();
    const auto deadline = std::chrono::steady_clock::now() + grace;
    while (shared_->open > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    for (const auto& loop : loops_) loop->abort_all();
    // A handler still at work refers to its connection, which therefore outlives it.
    while (shared_->open > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    for (const auto& loop : loops_) loop->join();
  }

 private:
  static Status port_taken(const tcp::endpoint& endpoint) {
    return already_exists("port ", endpoint.port(), " on ", endpoint.address().to_string(),
                          " is in use; stop the program that has it, or choose another with --port");
  }

  // SO_REUSEPORT lets two servers share a port silently; a socket without it shows whether somebody has it.
  static Status check_free(const tcp::endpoint& endpoint) {
    if (endpoint.port() == 0) return ok_status();
    asio::io_context context;
    tcp::acceptor probe(context);
    boost::system::error_code error;
    probe.open(endpoint.protocol(), error);
    if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) probe.bind(endpoint, error);
    if (error == asio::error::address_in_use) return port_taken(endpoint);
    if (error)
      return unavailable("cannot listen on ", endpoint.address().to_string(), ":", endpoint.port(), ": ",
                         error.message());
    return ok_status();
  }

  std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router) {
  raise_handle_limit(options.max_connections);
  auto shared = std::make_shared<Shared>();
  shared->workers = std::make_unique<WorkerPool>(options.worker_threads, options.worker_queue);
  shared->uploads = std::make_unique<WorkerPool>(options.worker_threads, options.worker_queue);
  shared->options = std::move(options);
  shared->router = std::move(router);
  auto server = std::make_unique<BeastServer>(std::move(shared));
  RETURN_IF_ERROR(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace treadle::net
