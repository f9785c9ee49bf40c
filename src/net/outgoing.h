// A connection that this program opens, in the clear or by TLS: a stream for Beast's and Asio's operations. Not
// thread-safe.
#pragma once

#include <boost/asio/ssl.hpp>
#include <memory>
#include <string>

#include "base/status.h"
#include "net/asio.h"

namespace treadle::net {

class Outgoing {
 public:
  using executor_type = tcp::socket::executor_type;

  explicit Outgoing(asio::io_context& context) : socket_(context) {}

  executor_type get_executor() { return socket_.get_executor(); }
  tcp::socket& socket() { return socket_; }
  bool is_open() const { return socket_.is_open(); }
  void close();

  // From now on what goes through is TLS 1.2 or newer, and the server must show a certificate of this machine's trust
  // (SSL_CERT_FILE and SSL_CERT_DIR of OpenSSL apply) for `host`. Reads and writes nothing; async_handshake does.
  Status use_tls(const std::string& host);
  template <typename Done>
  void async_handshake(Done&& done) {
    tls_->async_handshake(asio::ssl::stream_base::client, std::forward<Done>(done));
  }

  template <typename Buffers, typename Done>
  void async_read_some(const Buffers& buffers, Done&& done) {
    if (tls_)
      tls_->async_read_some(buffers, std::forward<Done>(done));
    else
      socket_.async_read_some(buffers, std::forward<Done>(done));
  }
  template <typename Buffers, typename Done>
  void async_write_some(const Buffers& buffers, Done&& done) {
    if (tls_)
      tls_->async_write_some(buffers, std::forward<Done>(done));
    else
      socket_.async_write_some(buffers, std::forward<Done>(done));
  }

 private:
  tcp::socket socket_;
  std::unique_ptr<asio::ssl::context> trust_;  // made once, for all connections
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls_;
};

}  // namespace treadle::net
