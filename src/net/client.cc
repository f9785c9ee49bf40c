#include "net/client.h"

#include <sys/socket.h>

#include <algorithm>

#include "base/strings.h"
#include "net/asio.h"
#include "net/caller.h"
#include "net/outgoing.h"
#include "net/sse.h"
#include "net/url.h"

namespace treadle::net {
namespace {

http::verb verb_of(Method method) { return http::string_to_verb(std::string(to_string(method))); }

}  // namespace

// Asio with its own loop, run only while a call is under way: that gives blocking calls a deadline.
struct Client::Impl {
  explicit Impl(Url server) : address(std::move(server)) {
    while (address.path.ends_with('/')) address.path.pop_back();
  }

  // Runs what was started until it is done or the deadline passes.
  Status run(std::chrono::milliseconds timeout, const boost::system::error_code& error) {
    context.restart();
    context.run_for(timeout);
    if (!context.stopped()) {
      boost::system::error_code ignored;
      stream.socket().close(ignored);  // which ends the operation; the stream must outlive it
      context.run();
      return {StatusCode::kDeadlineExceeded, str_cat("no answer from ", address.authority, " in time")};
    }
    if (error) return unavailable(address.authority, ": ", error.message());
    return ok_status();
  }

  Status connect(std::chrono::milliseconds timeout) {
    tcp::resolver resolver(context);
    boost::system::error_code error;
    const auto endpoints = resolver.resolve(address.host, address.port, error);
    if (error || endpoints.empty()) return unavailable("cannot resolve ", address.host, ": ", error.message());
    stream.close();
    buffer.clear();
    // One name may stand for several addresses ("localhost" is often ::1 first); the first that listens is taken.
    asio::async_connect(stream.socket(), endpoints,
                        [&](const boost::system::error_code& result, const tcp::endpoint&) { error = result; });
    RETURN_IF_ERROR(run(timeout, error));
    stream.socket().set_option(tcp::no_delay(true), error);
    if (!address.secure) return ok_status();
    RETURN_IF_ERROR(stream.use_tls(address.host));
    stream.async_handshake([&](const boost::system::error_code& result) { error = result; });
    const Status greeted = run(timeout, error);
    return greeted.ok() ? greeted : with_context(greeted, "TLS");
  }

  // Whether the kept connection can take another request: the server has not closed it meanwhile.
  bool still_open() {
    if (!stream.is_open()) return false;
    char byte = 0;
    const ssize_t count = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  http::request<http::string_body> message(Method method, std::string_view target, std::string_view body,
                                           const Headers& headers) const {
    http::request<http::string_body> request(verb_of(method), str_cat(address.path, target), 11);
    request.set(http::field::host, address.authority);
    request.set(http::field::user_agent, "treadle");
    if (!authorization.empty()) request.set(http::field::authorization, authorization);
    if (!user.empty()) request.set(std::string(kUserHeader), user);
    for (const auto& [name, value] : headers.all()) request.set(name, value);
    request.body() = std::string(body);
    if (!body.empty() || method == Method::kPost || method == Method::kPut || method == Method::kPatch) {
      request.content_length(body.size());
    }
    return request;
  }

  StatusOr<ClientResponse> exchange(const http::request<http::string_body>& request,
                                    std::chrono::milliseconds timeout) {
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    if (request.method() == http::verb::head) parser.skip(true);
    boost::system::error_code error;
    http::async_write(stream, request, [&](const boost::system::error_code& written, std::size_t) {
      error = written;
      if (written) return;
      http::async_read(stream, buffer, parser, [&](const boost::system::error_code& got, std::size_t) { error = got; });
    });
    const Status status = run(timeout, error);
    if (!status.ok()) {
      stream.close();
      return status;
    }
    auto message = parser.release();
    ClientResponse response = head_of(message);
    response.body = std::move(message.body());
    if (!message.keep_alive()) stream.close();
    return response;
  }

  template <typename Message>
  static ClientResponse head_of(const Message& message) {
    ClientResponse response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      response.headers.add({field.name_string().data(), field.name_string().size()},
                           {field.value().data(), field.value().size()});
    }
    return response;
  }

  // Sends a request without a body and reads the answer's head into `parser`.
  Status ask(const http::request<http::string_body>& request, http::response_parser<http::buffer_body>& parser,
             std::chrono::milliseconds timeout) {
    boost::system::error_code error;
    http::async_write(stream, request, [&](const boost::system::error_code& written, std::size_t) {
      error = written;
      if (written) return;
      http::async_read_header(stream, buffer, parser,
                              [&](const boost::system::error_code& got, std::size_t) { error = got; });
    });
    return run(timeout, error);
  }

  // The next piece of the body, in `piece`.
  StatusOr<std::string_view> read_piece(http::response_parser<http::buffer_body>& parser, std::string& piece,
                                        std::chrono::milliseconds timeout) {
    boost::system::error_code error;
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    http::async_read_some(stream, buffer, parser, [&](const boost::system::error_code& got, std::size_t) {
      error = got == http::error::need_buffer ? boost::system::error_code() : got;
    });
    RETURN_IF_ERROR(run(timeout, error));
    return std::string_view(piece).substr(0, piece.size() - parser.get().body().size);
  }

  Url address;
  std::string authorization, user;
  asio::io_context context{1};
  Outgoing stream{context};
  beast::flat_buffer buffer;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

void Client::set_user(std::string name) { impl_->user = std::move(name); }
void Client::set_authorization(std::string value) { impl_->authorization = std::move(value); }

StatusOr<Client> Client::create(std::string_view base_url) {
  ASSIGN_OR_RETURN(Url address, parse_url(base_url));
  return Client(std::make_unique<Impl>(std::move(address)));
}

StatusOr<ClientResponse> Client::request(Method method, std::string_view target, std::string_view body,
                                         const Headers& headers, std::chrono::milliseconds timeout) {
  const auto message = impl_->message(method, target, body, headers);
  if (impl_->still_open()) {
    auto response = impl_->exchange(message, timeout);
    // The server may have closed the kept connection just now. It may also have done the work and died: what must not
    // be done twice is not sent twice.
    const bool repeatable = method != Method::kPost && method != Method::kPatch;
    if (response.ok() || response.status().code() != StatusCode::kUnavailable || !repeatable) return response;
  }
  RETURN_IF_ERROR(impl_->connect(timeout));
  return impl_->exchange(message, timeout);
}

Status Client::status_of(const ClientResponse& response) {
  if (response.status < 400) return ok_status();
  static constexpr StatusCode kCodes[] = {
      StatusCode::kInvalidArgument, StatusCode::kUnauthenticated,   StatusCode::kPermissionDenied,
      StatusCode::kNotFound,        StatusCode::kAlreadyExists,     StatusCode::kFailedPrecondition,
      StatusCode::kAborted,         StatusCode::kResourceExhausted, StatusCode::kUnimplemented,
      StatusCode::kUnavailable,     StatusCode::kDeadlineExceeded,  StatusCode::kInternal};
  std::string message = str_cat("the server answered ", response.status);
  const auto body = parse_json_object(response.body);
  if (!body.ok() || !body->contains("error") || !(*body)["error"].is_object()) {
    return {response.status == 404 ? StatusCode::kNotFound : StatusCode::kInternal, message};
  }
  const Json& error = (*body)["error"];
  message = error.value("message", message);
  const std::string name = error.value("code", "");
  for (const StatusCode code : kCodes) {
    if (treadle::to_string(code) == name) return {code, message, error.value("field", "")};
  }
  return internal_error(message);
}

StatusOr<Json> Client::get_json(std::string_view target) {
  ASSIGN_OR_RETURN(const ClientResponse response, request(Method::kGet, target));
  RETURN_IF_ERROR(status_of(response));
  return response.json();
}

StatusOr<Json> Client::send_json(Method method, std::string_view target, const Json& body) {
  Headers headers;
  headers.set("Content-Type", "application/json");
  ASSIGN_OR_RETURN(const ClientResponse response,
                   request(method, target, to_text(body), headers, std::chrono::milliseconds(120'000)));
  RETURN_IF_ERROR(status_of(response));
  if (response.body.empty()) return Json::object();
  return response.json();
}

StatusOr<ClientResponse> Client::download(std::string_view target,
                                          const std::function<Status(std::string_view)>& on_bytes,
                                          const Headers& headers, std::chrono::milliseconds timeout) {
  const auto message = impl_->message(Method::kGet, target, {}, headers);
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  if (!impl_->still_open()) RETURN_IF_ERROR(impl_->connect(timeout));
  // Until the body was read to its end nothing else may use the connection.
  Status status = impl_->ask(message, parser, timeout);
  ClientResponse response;
  if (status.ok()) response = Impl::head_of(parser.get());
  std::string piece(256u << 10, '\0');
  while (status.ok() && !parser.is_done()) {
    const auto bytes = impl_->read_piece(parser, piece, timeout);
    status = bytes.status();
    if (!status.ok()) break;
    if (response.status == 200) status = on_bytes(*bytes);
    if (response.status != 200 && response.body.size() < (1u << 20)) response.body.append(*bytes);
  }
  if (!status.ok() || !parser.get().keep_alive()) impl_->stream.close();
  if (!status.ok()) return status;
  return response;
}

StatusOr<ClientResponse> Client::upload(Method method, std::string_view target, std::uint64_t size,
                                        const std::function<StatusOr<std::size_t>(char*, std::size_t)>& read,
                                        const Headers& headers, std::chrono::milliseconds timeout) {
  auto head = impl_->message(method, target, {}, headers);
  head.content_length(size);
  if (!impl_->still_open()) RETURN_IF_ERROR(impl_->connect(timeout));
  boost::system::error_code error;
  const auto fail = [&](const Status& status) {
    impl_->stream.close();
    return status;
  };
  http::serializer<true, http::string_body> serializer(head);
  http::async_write_header(impl_->stream, serializer,
                           [&](const boost::system::error_code& written, std::size_t) { error = written; });
  Status status = impl_->run(timeout, error);
  if (!status.ok()) return fail(status);
  std::string piece(256u << 10, '\0');
  for (std::uint64_t sent = 0; sent < size;) {
    const auto count = read(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - sent)));
    if (!count.ok()) return fail(count.status());
    if (*count == 0) return fail(failed_precondition("the content ended after ", sent, " of ", size, " bytes"));
    asio::async_write(impl_->stream, asio::buffer(piece.data(), *count),
                      [&](const boost::system::error_code& written, std::size_t) { error = written; });
    status = impl_->run(timeout, error);
    if (!status.ok()) break;  // a server that refuses answers before it read everything
    sent += *count;
  }
  http::response_parser<http::string_body> parser;
  if (!status.ok() && !impl_->stream.is_open()) return status;
  http::async_read(impl_->stream, impl_->buffer, parser,
                   [&](const boost::system::error_code& got, std::size_t) { error = got; });
  const Status answered = impl_->run(timeout, error);
  if (!answered.ok()) return fail(status.ok() ? answered : status);
  ClientResponse response = Impl::head_of(parser.get());
  response.body = std::move(parser.get().body());
  if (!status.ok() || !parser.get().keep_alive()) impl_->stream.close();
  return response;
}

Status Client::events(std::string_view target, const std::function<bool(const SseEvent&)>& on_event,
                      std::chrono::milliseconds timeout, const Headers& headers) {
  // On a connection of its own: the stream does not end, and between its events others are asked.
  auto own = std::make_unique<Impl>(impl_->address);
  own->authorization = impl_->authorization;
  own->user = impl_->user;
  Client stream(std::move(own));
  SseParser events;
  bool enough = false;
  const auto response = stream.download(
      target,
      [&](std::string_view bytes) {
        enough = !events.feed(bytes, on_event);
        return enough ? Status(StatusCode::kCancelled, "enough") : ok_status();
      },
      headers, timeout);
  if (enough) return ok_status();
  RETURN_IF_ERROR(response);
  return status_of(*response);
}

}  // namespace treadle::net
