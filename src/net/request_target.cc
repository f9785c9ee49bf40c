#include "net/request_target.h"

#include <algorithm>
#include <cctype>

#include "base/ids.h"
#include "base/strings.h"

namespace treadle::net {
namespace {

constexpr Method kMethods[] = {Method::kGet,   Method::kHead,   Method::kPost,   Method::kPut,
                               Method::kPatch, Method::kDelete, Method::kOptions};

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_address_or_localhost(std::string_view host) {
  if (host.starts_with('[') || host == "localhost" || host.ends_with(".localhost")) return true;
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

std::optional<Method> parse_method(std::string_view name) {
  for (const Method method : kMethods) {
    if (to_string(method) == name) return method;
  }
  return std::nullopt;
}

Status parse_target(std::string_view target, Request& request) {
  if (!target.starts_with('/')) return invalid("the request target must be a path that begins with /");
  const std::size_t mark = target.find('?');
  request.path = percent_decode(target.substr(0, mark));
  if (mark != std::string_view::npos) request.query = Query::parse(target.substr(mark + 1));
  for (const std::string_view segment : split(request.path, '/')) {
    if (segment == "..") return invalid("the path must not contain \"..\"");
  }
  for (const char c : request.path) {
    if (c == '\0' || c == '\\') return invalid("the path must not contain NUL or backslashes");
  }
  return ok_status();
}

Status check_origin(const Request& request, bool loopback) {
  const std::string_view host = request.headers.get("Host");
  if (loopback && !host.empty() && !is_address_or_localhost(without_port(host))) {
    return {StatusCode::kPermissionDenied,
            str_cat("this server is for this machine only; the Host \"", host, "\" is not one of its names")};
  }
  const bool changes =
      request.method != Method::kGet && request.method != Method::kHead && request.method != Method::kOptions;
  const std::string_view origin = request.headers.get("Origin");
  if (!changes || origin.empty()) return ok_status();
  const std::size_t at = origin.find("://");
  if (at != std::string_view::npos && origin.substr(at + 3) == host) return ok_status();
  return {StatusCode::kPermissionDenied, str_cat("a page of ", origin, " may not change things on this server")};
}

std::string request_id(const Headers& headers) {
  const std::string_view given = headers.get("X-Request-Id");
  const bool plain = !given.empty() && given.size() <= 64 && std::all_of(given.begin(), given.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
  return plain ? std::string(given) : new_hex_id();
}

}  // namespace treadle::net
