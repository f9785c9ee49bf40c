#include "net/post_once.h"

#include "base/strings.h"
#include "net/asio.h"
#include "net/outgoing.h"
#include "net/url.h"

namespace treadle::net {
namespace {

class Exchange {
 public:
  Exchange(Url target, const PostOptions& options)
      : target_(std::move(target)), options_(options), deadline_(std::chrono::steady_clock::now() + options.timeout) {}

  StatusOr<ClientResponse> run(const std::string& body, const Headers& headers) {
    RETURN_IF_ERROR(resolve());
    deadline_ = std::chrono::steady_clock::now() + options_.timeout;
    RETURN_IF_ERROR(connect());
    if (target_.secure) {
      RETURN_IF_ERROR(stream_.use_tls(target_.host));
      RETURN_IF_ERROR(wait("TLS", [&](auto done) { stream_.async_handshake(done); }));
    }
    return talk(body, headers);
  }

 private:
  // Starts something that ends by `done(error, …)` and runs it to its end or the deadline.
  template <typename Start>
  Status wait(std::string_view what, const Start& start) {
    boost::system::error_code error = asio::error::would_block;
    start([&error](const boost::system::error_code& result, auto&&...) { error = result; });
    context_.restart();
    context_.run_until(deadline_);
    if (!context_.stopped()) {
      boost::system::error_code ignored;
      stream_.socket().close(ignored);
      context_.run();
      return {StatusCode::kDeadlineExceeded, str_cat("no answer from ", target_.authority, " in time")};
    }
    if (error) return unavailable(target_.authority, ": ", what, ": ", error.message());
    return ok_status();
  }

  Status resolve() {
    boost::system::error_code error;
    tcp::resolver resolver(context_);
    const auto found = resolver.resolve(target_.host, target_.port, error);
    if (error) return unavailable("cannot resolve ", target_.host, ": ", error.message());
    Status refused;
    for (const auto& entry : found) {
      const Status allowed =
          options_.may_connect ? options_.may_connect(entry.endpoint().address().to_string()) : ok_status();
      if (allowed.ok()) endpoints_.push_back(entry.endpoint());
      if (!allowed.ok()) refused = allowed;
    }
    if (!endpoints_.empty()) return ok_status();
    return refused.ok() ? unavailable("cannot resolve ", target_.host) : refused;
  }

  Status connect() {
    Status status;
    for (const tcp::endpoint& endpoint : endpoints_) {
      stream_.close();
      status = wait("connecting", [&](auto done) { stream_.socket().async_connect(endpoint, done); });
      if (status.ok() || status.code() == StatusCode::kDeadlineExceeded) return status;
    }
    return status;
  }

  StatusOr<ClientResponse> talk(const std::string& body, const Headers& headers) {
    http::request<http::string_body> request(http::verb::post, target_.path, 11);
    request.set(http::field::host, target_.authority);
    request.set(http::field::user_agent, "treadle");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : headers.all()) request.set(name, value);
    request.body() = body;
    request.prepare_payload();
    RETURN_IF_ERROR(wait("sending", [&](auto done) { http::async_write(stream_, request, done); }));
    beast::flat_buffer buffer(options_.most_answer + 64 * 1024);
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    RETURN_IF_ERROR(wait("answer", [&](auto done) { http::async_read_header(stream_, buffer, parser, done); }));
    while (!parser.is_done() && parser.get().body().size() < options_.most_answer) {
      const Status read = wait("answer", [&](auto done) { http::async_read_some(stream_, buffer, parser, done); });
      if (!read.ok()) break;  // its status has come, and that is what counts
    }
    ClientResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) {
      response.headers.add({field.name_string().data(), field.name_string().size()},
                           {field.value().data(), field.value().size()});
    }
    response.body = parser.get().body().substr(0, options_.most_answer);
    return response;
  }

  const Url target_;
  const PostOptions& options_;
  std::chrono::steady_clock::time_point deadline_;
  asio::io_context context_{1};
  Outgoing stream_{context_};
  std::vector<tcp::endpoint> endpoints_;
};

}  // namespace

StatusOr<ClientResponse> post_once(const std::string& url, const std::string& body, const Headers& headers,
                                   const PostOptions& options) {
  ASSIGN_OR_RETURN(Url target, parse_url(url));
  try {
    return Exchange(std::move(target), options).run(body, headers);
  } catch (const std::exception& error) {
    return internal_error("posting to ", url, ": ", error.what());
  }
}

}  // namespace treadle::net
