#include "net/outgoing.h"

#include "base/strings.h"

namespace treadle::net {

namespace ssl = asio::ssl;

void Outgoing::close() {
  tls_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Status Outgoing::use_tls(const std::string& host) {
  boost::system::error_code error;
  if (!trust_) {
    trust_ = std::make_unique<ssl::context>(ssl::context::tls_client);
    trust_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                        ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    trust_->set_default_verify_paths(error);
    if (error) return unavailable("cannot read this machine's certificates: ", error.message());
  }
  tls_ = std::make_unique<ssl::stream<tcp::socket&>>(socket_, *trust_);
  tls_->set_verify_mode(ssl::verify_peer);
  tls_->set_verify_callback(ssl::host_name_verification(host));
  if (SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str()) != 1) {
    return internal_error("cannot name the host to its TLS");
  }
  return ok_status();
}

}  // namespace treadle::net
