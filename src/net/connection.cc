#include "net/connection.h"

#include <exception>

#include "base/clock.h"
#include "base/log.h"
#include "net/compress.h"
#include "net/request_target.h"

namespace treadle::net {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::chrono::milliseconds kLinger{2000};

Response overloaded(const Router& router, const Request& request) {
  Response response =
      router.error(request.path, unavailable("the server has too many requests waiting; try again in a moment"));
  response.headers.set("Retry-After", "1");
  return response;
}

Response too_large(const Router& router, const Request& request, std::uint64_t limit) {
  Response response =
      router.error(request.path, resource_exhausted("the body is larger than the limit of ", limit, " bytes"));
  response.status = 413;
  return response;
}

Response failed_body(const Router& router, const Request& request, const Status& status) {
  Response response = router.error(request.path, status);
  if (status.code() == StatusCode::kResourceExhausted) response.status = 413;
  if (status.code() == StatusCode::kDeadlineExceeded) response.status = 408;
  if (status.code() == StatusCode::kUnimplemented) response.status = 415;
  return response;
}

Response call_handler(const Router& router, const Router::Route& route, Request& request) {
  try {
    if (!request.body.empty() && request.headers.has("Content-Encoding")) {
      auto decoded =
          decode_body(request.headers.get("Content-Encoding"), std::move(request.body), route.options.max_body);
      if (!decoded.ok()) return failed_body(router, request, decoded.status());
      request.body = std::move(*decoded);
    }
    Response response = route.handler(request);
    if (route.options.execution == Execution::kWorker) {
      compress_response(request.headers.get("Accept-Encoding"), response);
    }
    return response;
  } catch (const std::exception& error) {
    log_error("a handler threw", {{"request_id", request.id}, {"path", request.path}, {"error", error.what()}});
    return router.error(request.path,
                        internal_error("an internal error occurred; look for request ", request.id, " in the log"));
  }
}

Response no_route(const Router& router, const Request& request, const Router::Match& match) {
  if (match.allowed.empty()) return router.error(request.path, not_found("there is nothing at ", request.path));
  std::vector<std::string> names;
  names.reserve(match.allowed.size());
  for (const Method method : match.allowed) names.emplace_back(to_string(method));
  const std::string allowed = join(names, ", ");
  Response response = router.error(
      request.path, invalid(request.path, " does not take ", to_string(request.method), "; use ", allowed));
  response.status = 405;
  response.headers.set("Allow", allowed);
  return response;
}

}  // namespace

Connection::Connection(tcp::socket socket, std::shared_ptr<Shared> shared)
    : socket_(std::move(socket)),
      watchdog_(socket_.get_executor()),
      wake_(std::make_shared<Signal>(socket_.get_executor())),
      shared_(std::move(shared)) {
  ++shared_->open;
  buffer_.max_size(shared_->options.max_header_bytes + kPiece);
}

Connection::~Connection() {
  wake_->close();
  --shared_->open;
}

void Connection::stop() {
  stopping_ = true;
  if (!busy_) abort();
  wake_->set();
}

void Connection::abort() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  watchdog_.cancel();
}

void Connection::arm(std::chrono::milliseconds timeout) {
  deadline_ = Clock::now() + timeout;
  // A timer that runs out earlier looks at the deadline then; so most requests touch no timer at all.
  if (!watching_ || watchdog_.expiry() > deadline_) watch();
}

void Connection::watch() {
  watching_ = true;
  watchdog_.expires_at(deadline_);
  watchdog_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->watching_ = false;
    if (self->deadline_ <= Clock::now()) {
      self->abort();
    } else if (self->deadline_ != Clock::time_point::max()) {
      self->watch();
    }
  });
}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  remote_ = socket_.remote_endpoint(ignored).address().to_string();
  while (socket_.is_open() && !stopping_) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(shared_->options.max_header_bytes));
    parser.body_limit(boost::none);
    busy_ = false;
    if (!co_await read_header(parser)) break;
    busy_ = true;
    if (!co_await serve(parser)) break;
  }
  disarm();
  if (body_unread_ && socket_.is_open()) co_await linger();
  watchdog_.cancel();
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

// A client still sending a body that was refused would lose the answer to a reset; so what it sends is thrown away for
// a moment.
asio::awaitable<void> Connection::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  std::string scrap(kPiece, '\0');
  arm(kLinger);
  while (socket_.is_open()) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(scrap), with_error);
    if (error) break;
  }
  disarm();
}

asio::awaitable<bool> Connection::read_header(Parser& parser) {
  if (buffer_.size() == 0) {
    // Waiting for a request costs no buffer: 10,000 idle connections stay cheap.
    buffer_.shrink_to_fit();
    arm(shared_->options.idle_timeout);
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, with_error);
    if (error) co_return false;
  }
  arm(shared_->options.header_timeout);
  const auto [error, count] = co_await http::async_read_header(socket_, buffer_, parser, with_error);
  disarm();
  bytes_in_ = count;
  if (!error) co_return true;
  if (error == http::error::end_of_stream || !socket_.is_open()) co_return false;
  const bool too_long = error == http::error::header_limit || error == http::error::buffer_overflow;
  Response response = error_response(invalid("not a valid HTTP request: ", error.message()));
  if (too_long) response.status = 431;
  Request request;
  request.id = request_id({});
  co_await send(request, response, false);
  co_return false;
}

asio::awaitable<bool> Connection::serve(Parser& parser) {
  const std::int64_t start = monotonic_ns();
  Request request;
  for (const auto& field : parser.get()) {
    request.headers.add({field.name_string().data(), field.name_string().size()},
                        {field.value().data(), field.value().size()});
  }
  request.id = request_id(request.headers);
  request.remote = remote_;
  bytes_out_ = 0;
  Router::Match match;
  Response response = co_await answer(parser, request, match);
  // What is left of an unread body would be taken for the next request.
  body_unread_ = body_unread_ || !parser.is_done();
  const bool keep = parser.get().keep_alive() && !body_unread_ && !stopping_;
  const bool open = co_await send(request, response, keep);
  if (shared_->options.on_access) {
    const std::string_view pattern =
        match.route == nullptr ? std::string_view() : std::string_view(match.route->pattern);
    shared_->options.on_access({&request, pattern, response.status, bytes_in_, bytes_out_, monotonic_ns() - start});
  }
  co_return open&& keep;
}

asio::awaitable<Response> Connection::answer(Parser& parser, Request& request, Router::Match& match) {
  const auto& message = parser.get();
  const auto method = parse_method({message.method_string().data(), message.method_string().size()});
  if (!method) {
    Response response = error_response(unimplemented("the method is not supported"));
    co_return response;
  }
  request.method = *method;
  const std::string_view target(message.target().data(), message.target().size());
  const Router& router = shared_->router;
  if (const Status status = parse_target(target, request); !status.ok()) co_return router.error(request.path, status);
  if (message.version() >= 11 && message.count(http::field::host) != 1) {
    co_return router.error(request.path, invalid("a request must have one Host header"));
  }
  if (const Status status = check_origin(request, shared_->loopback); !status.ok()) {
    co_return router.error(request.path, status);
  }
  match = router.match(*method, target.substr(0, target.find('?')));
  if (shared_->options.admit) {
    if (auto refusal = shared_->options.admit(request, match.route)) co_return std::move(*refusal);
  }
  if (match.route == nullptr) co_return no_route(router, request, match);
  request.path_params = std::move(match.params);
  const RouteOptions& options = match.route->options;
  const auto length = parser.content_length();
  if (length && *length > options.max_body) co_return too_large(router, request, options.max_body);
  if (options.stream_body) co_return co_await streamed(parser, request, *match.route);
  co_return co_await buffered(parser, request, *match.route);
}

asio::awaitable<void> Connection::send_continue(Parser& parser) {
  if (!beast::iequals(parser.get()[http::field::expect], "100-continue")) co_return;
  co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
}

asio::awaitable<StatusOr<std::string>> Connection::read_piece(Parser& parser, std::chrono::milliseconds timeout) {
  const std::uint64_t left = parser.content_length_remaining().value_or(kPiece);
  std::string piece(std::min<std::uint64_t>(kPiece, left), '\0');
  // Beast reads no more at once than its buffer holds already, which is 512 bytes if nobody asks for more.
  if (left > buffer_.size()) buffer_.reserve(piece.size());
  auto& body = parser.get().body();
  body.data = piece.data();
  body.size = piece.size();
  arm(timeout);
  while (!parser.is_done() && body.size == piece.size()) {
    const auto [error, count] = co_await http::async_read_some(socket_, buffer_, parser, with_error);
    bytes_in_ += count;
    if (error && error != http::error::need_buffer) {
      disarm();
      if (!socket_.is_open()) co_return Status(StatusCode::kDeadlineExceeded, "the body came too slowly");
      co_return Status(StatusCode::kCancelled, str_cat("the body ended early: ", error.message()));
    }
  }
  disarm();
  piece.resize(piece.size() - body.size);
  co_return piece;
}

asio::awaitable<Status> Connection::read_body(Parser& parser, std::string& body, std::uint64_t limit,
                                              std::chrono::milliseconds timeout) {
  if (parser.is_done()) co_return ok_status();
  co_await send_continue(parser);
  if (const auto length = parser.content_length()) body.reserve(*length);
  while (!parser.is_done()) {
    StatusOr<std::string> piece = co_await read_piece(parser, timeout);
    if (!piece.ok()) co_return piece.status();
    if (body.size() + piece->size() > limit) {
      co_return resource_exhausted("the body is larger than the limit of ", limit, " bytes");
    }
    body += *piece;
  }
  co_return ok_status();
}

asio::awaitable<Response> Connection::buffered(Parser& parser, Request& request, const Router::Route& route) {
  const Status read = co_await read_body(parser, request.body, route.options.max_body, route.options.timeout);
  if (!read.ok()) co_return failed_body(shared_->router, request, read);
  const bool is_small = request.body.size() < route.options.inline_below && !request.headers.has("Content-Encoding");
  if (is_small || route.options.execution == Execution::kInline)
    co_return call_handler(shared_->router, route, request);
  co_return co_await on_worker(request, route);
}

asio::awaitable<Response> Connection::on_worker(Request& request, const Router::Route& route) {
  // The coroutine waits until the job is done, so what the job refers to outlives it.
  Response response;
  std::atomic<bool> done = false;
  const bool accepted = shared_->workers->try_submit([&, wake = wake_] {
    response = call_handler(shared_->router, route, request);
    done = true;
    wake->set();
  });
  if (!accepted) co_return overloaded(shared_->router, request);
  while (!done) co_await wake_->wait(std::chrono::hours(24));
  co_return response;
}

asio::awaitable<Response> Connection::streamed(Parser& parser, Request& request, const Router::Route& route) {
  if (request.headers.has("Content-Encoding")) {
    co_return failed_body(shared_->router, request,
                          unimplemented("this route takes no Content-Encoding; send the bytes as they are"));
  }
  co_await send_continue(parser);
  BodyPipe pipe(parser.content_length() ? std::optional<std::uint64_t>(*parser.content_length()) : std::nullopt,
                [wake = wake_] { wake->set(); });
  request.stream = &pipe;
  Response response;
  std::atomic<bool> done = false;
  const bool accepted = shared_->uploads->try_submit([&, wake = wake_] {
    response = call_handler(shared_->router, route, request);
    done = true;
    wake->set();
  });
  if (!accepted) {
    body_unread_ = true;
    co_return overloaded(shared_->router, request);
  }
  std::uint64_t total = 0;
  bool failed = false;
  bool over_limit = false;
  while (!parser.is_done() && !done && !failed) {
    if (!pipe.has_space()) {
      co_await wake_->wait(std::chrono::hours(24));
      continue;
    }
    StatusOr<std::string> piece = co_await read_piece(parser, route.options.timeout);
    failed = !piece.ok();
    if (failed) {
      pipe.finish(piece.status());
      break;
    }
    total += piece->size();
    failed = over_limit = total > route.options.max_body;
    if (failed)
      pipe.finish(resource_exhausted("the body is larger than the limit of ", route.options.max_body, " bytes"));
    else
      pipe.push(std::move(*piece));
  }
  pipe.finish(ok_status());
  while (!done) co_await wake_->wait(std::chrono::hours(24));
  request.stream = nullptr;
  // The handler knows only that a limit was passed, which would be 429.
  if (over_limit && response.status == http_status(StatusCode::kResourceExhausted)) response.status = 413;
  co_return response;
}

}  // namespace treadle::net
