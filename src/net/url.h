// URLs that this program calls.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle::net {

struct Url {
  bool secure = false;    // https
  std::string host;       // without the brackets of an IPv6 address
  std::string port;       // 80 or 443 when the URL has none
  std::string path;       // with the query; "/" when there is none
  std::string authority;  // host and port as they stand in the URL
};

// "http://host:port/path?query". kInvalidArgument of the field "url" when it is not of that form; a user or password in
// it is refused, since URLs are shown and logged.
StatusOr<Url> parse_url(std::string_view url);

}  // namespace treadle::net
