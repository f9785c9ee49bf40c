// One POST to a URL that somebody else chose (webhooks): http or https, certificates verified, no redirects, no proxy,
// bounded in time and size.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "net/client.h"

namespace treadle::net {

struct PostOptions {
  // Of the whole exchange, without looking up the host's name.
  std::chrono::milliseconds timeout{10'000};
  std::size_t most_answer = 64 * 1024;  // the rest of a longer answer is not read
  // Whether that address may be talked to; asked for the very address that is then connected to.
  std::function<Status(const std::string& address)> may_connect;
};

// Errors: kInvalidArgument (the URL, an address that is not allowed), kUnavailable (no connection, a certificate that
// does not verify), kDeadlineExceeded.
StatusOr<ClientResponse> post_once(const std::string& url, const std::string& body, const Headers& headers,
                                   const PostOptions& options);

}  // namespace treadle::net
