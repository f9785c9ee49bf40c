#include "net/url.h"

#include <algorithm>

#include "base/strings.h"

namespace treadle::net {

StatusOr<Url> parse_url(std::string_view url) {
  Url parsed;
  const std::size_t mark = url.find("://");
  const std::string scheme = to_lower(url.substr(0, mark));
  if (mark == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return invalid_field("url", "must begin with http:// or https://, got \"", url, "\"");
  }
  parsed.secure = scheme == "https";
  const std::string_view rest = url.substr(mark + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) {
    return invalid_field("url", "must not hold a user or a password");
  }
  std::string_view path = rest.substr(end);
  path = path.substr(0, path.find('#'));
  parsed.path = path.starts_with('/') ? std::string(path) : str_cat("/", path);
  parsed.authority = std::string(authority);
  const bool bracket = authority.starts_with('[');
  const std::size_t close = bracket ? authority.find(']') : 0;
  if (close == std::string_view::npos) return invalid_field("url", "has a [ without a ]");
  const std::size_t colon = authority.find(':', close);
  parsed.host = std::string(bracket ? authority.substr(1, close - 1) : authority.substr(0, colon));
  parsed.port =
      colon == std::string_view::npos ? (parsed.secure ? "443" : "80") : std::string(authority.substr(colon + 1));
  const auto port = parse_int(parsed.port);
  if (parsed.host.empty() || !port || *port < 1 || *port > 65535) {
    return invalid_field("url", "must have a host, and a port from 1 to 65535 if any");
  }
  return parsed;
}

}  // namespace treadle::net
