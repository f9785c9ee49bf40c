#include "net/post_once.h"

#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>

#include "base/strings.h"
#include "net/asio.h"

namespace treadle::net {
namespace {

namespace ssl = asio::ssl;

struct Target {
  bool secure = false;
  std::string host, port, path;
  std::string host_header;
};

StatusOr<Target> parse_url(const std::string& url) {
  Target target;
  const std::size_t mark = url.find("://");
  const std::string scheme = to_lower(std::string_view(url).substr(0, mark));
  if (mark == std::string::npos || (scheme != "http" && scheme != "https")) {
    return invalid_field("url", "must begin with http:// or https://");
  }
  target.secure = scheme == "https";
  const std::string_view rest = std::string_view(url).substr(mark + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  std::string_view path = rest.substr(end);
  path = path.substr(0, path.find('#'));
  target.path = path.starts_with('/') ? std::string(path) : str_cat("/", path);
  target.host_header = std::string(authority);
  const bool bracket = authority.starts_with('[');
  const std::size_t close = bracket ? authority.find(']') : 0;
  if (close == std::string_view::npos) return invalid_field("url", "has a [ without a ]");
  const std::size_t colon = authority.find(':', close);
  target.host = std::string(bracket ? authority.substr(1, close - 1) : authority.substr(0, colon));
  target.port =
      colon == std::string_view::npos ? (target.secure ? "443" : "80") : std::string(authority.substr(colon + 1));
  const auto port = parse_int(target.port);
  if (target.host.empty() || !port || *port < 1 || *port > 65535) {
    return invalid_field("url", "must have a host, and a port from 1 to 65535 if any");
  }
  return target;
}

class Exchange {
 public:
  Exchange(Target target, const PostOptions& options)
      : target_(std::move(target)),
        options_(options),
        deadline_(std::chrono::steady_clock::now() + options.timeout),
        tls_(ssl::context::tls_client) {}

  StatusOr<ClientResponse> run(const std::string& body, const Headers& headers) {
    RETURN_IF_ERROR(resolve());
    deadline_ = std::chrono::steady_clock::now() + options_.timeout;
    tcp::socket socket(context_);
    RETURN_IF_ERROR(connect(socket));
    if (!target_.secure) return talk(socket, socket, body, headers);
    boost::system::error_code error;
    tls_.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                     ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    tls_.set_default_verify_paths(error);
    if (error) return unavailable("cannot read this machine's certificates: ", error.message());
    ssl::stream<tcp::socket&> stream(socket, tls_);
    stream.set_verify_mode(ssl::verify_peer);
    stream.set_verify_callback(ssl::host_name_verification(target_.host));
    if (SSL_set_tlsext_host_name(stream.native_handle(), target_.host.c_str()) != 1) {
      return internal_error("cannot name the host to its TLS");
    }
    RETURN_IF_ERROR(wait("TLS", socket, [&](auto done) { stream.async_handshake(ssl::stream_base::client, done); }));
    return talk(stream, socket, body, headers);
  }

 private:
  // Starts something that ends by `done(error, …)` and runs it to its end or the deadline.
  template <typename Start>
  Status wait(std::string_view what, tcp::socket& socket, const Start& start) {
    boost::system::error_code error = asio::error::would_block;
    start([&error](const boost::system::error_code& result, auto&&...) { error = result; });
    context_.restart();
    context_.run_until(deadline_);
    if (!context_.stopped()) {
      boost::system::error_code ignored;
      socket.close(ignored);
      context_.run();
      return {StatusCode::kDeadlineExceeded, str_cat("no answer from ", target_.host_header, " in time")};
    }
    if (error) return unavailable(target_.host_header, ": ", what, ": ", error.message());
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

  Status connect(tcp::socket& socket) {
    Status status;
    for (const tcp::endpoint& endpoint : endpoints_) {
      boost::system::error_code ignored;
      socket.close(ignored);
      status = wait("connecting", socket, [&](auto done) { socket.async_connect(endpoint, done); });
      if (status.ok() || status.code() == StatusCode::kDeadlineExceeded) return status;
    }
    return status;
  }

  template <typename Stream>
  StatusOr<ClientResponse> talk(Stream& stream, tcp::socket& socket, const std::string& body, const Headers& headers) {
    http::request<http::string_body> request(http::verb::post, target_.path, 11);
    request.set(http::field::host, target_.host_header);
    request.set(http::field::user_agent, "treadle");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : headers.all()) request.set(name, value);
    request.body() = body;
    request.prepare_payload();
    RETURN_IF_ERROR(wait("sending", socket, [&](auto done) { http::async_write(stream, request, done); }));
    beast::flat_buffer buffer(options_.most_answer + 64 * 1024);
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    RETURN_IF_ERROR(wait("answer", socket, [&](auto done) { http::async_read_header(stream, buffer, parser, done); }));
    while (!parser.is_done() && parser.get().body().size() < options_.most_answer) {
      const Status read =
          wait("answer", socket, [&](auto done) { http::async_read_some(stream, buffer, parser, done); });
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

  const Target target_;
  const PostOptions& options_;
  std::chrono::steady_clock::time_point deadline_;
  asio::io_context context_{1};
  ssl::context tls_;
  std::vector<tcp::endpoint> endpoints_;
};

}  // namespace

StatusOr<ClientResponse> post_once(const std::string& url, const std::string& body, const Headers& headers,
                                   const PostOptions& options) {
  ASSIGN_OR_RETURN(Target target, parse_url(url));
  try {
    return Exchange(std::move(target), options).run(body, headers);
  } catch (const std::exception& error) {
    return internal_error("posting to ", url, ": ", error.what());
  }
}

}  // namespace treadle::net
