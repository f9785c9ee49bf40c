#include "domains/webhooks/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace treadle::webhooks {
namespace {

constexpr std::size_t kLongestUrl = 2048;

struct Net4 {
  std::uint32_t base;
  int bits;
};
constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c) { return a << 24 | b << 16 | c << 8; }
// IANA's registry of special-purpose addresses, and multicast.
constexpr std::array<Net4, 16> kSpecial4 = {{{ip(0, 0, 0), 8},
                                             {ip(10, 0, 0), 8},
                                             {ip(100, 64, 0), 10},
                                             {ip(127, 0, 0), 8},
                                             {ip(169, 254, 0), 16},
                                             {ip(172, 16, 0), 12},
                                             {ip(192, 0, 0), 24},
                                             {ip(192, 0, 2), 24},
                                             {ip(192, 88, 99), 24},
                                             {ip(192, 168, 0), 16},
                                             {ip(198, 18, 0), 15},
                                             {ip(198, 51, 100), 24},
                                             {ip(203, 0, 113), 24},
                                             {ip(224, 0, 0), 4},
                                             {ip(240, 0, 0), 4},
                                             {ip(255, 255, 255), 24}}};

bool is_public4(std::uint32_t address) {
  return std::none_of(kSpecial4.begin(), kSpecial4.end(),
                      [&](const Net4& net) { return (address >> (32 - net.bits)) == (net.base >> (32 - net.bits)); });
}

std::uint32_t four_bytes(const unsigned char* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_public6(const std::array<unsigned char, 16>& a) {
  static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr unsigned char kNat64[12] = {0, 0x64, 0xff, 0x9b};
  if (std::memcmp(a.data(), kMapped, 12) == 0 || std::memcmp(a.data(), kNat64, 12) == 0) {
    return is_public4(four_bytes(a.data() + 12));
  }
  if (a[0] == 0x20 && a[1] == 0x02) return is_public4(four_bytes(a.data() + 2));  // 6to4
  // Global unicast is 2000::/3, without what carries other addresses (Teredo) or none (documentation, benchmarks).
  if ((a[0] & 0xe0) != 0x20) return false;
  const bool special = a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8));
  return !special;
}

bool is_address(const std::string& host) {
  in_addr four{};
  in6_addr six{};
  return inet_pton(AF_INET, host.c_str(), &four) == 1 || inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

// Brackets hold an IPv6 address, at the beginning of the host, or are not there.
bool are_brackets_right(std::string_view authority) {
  const std::size_t open = authority.find('['), close = authority.find(']');
  if (open == std::string_view::npos && close == std::string_view::npos) return true;
  const std::size_t host = authority.rfind('@') + 1;
  if (open != host || close == std::string_view::npos || close < open) return false;
  in6_addr six{};
  return inet_pton(AF_INET6, std::string(authority.substr(open + 1, close - open - 1)).c_str(), &six) == 1;
}

// "user@host:80" without user and port; "[::1]" without brackets.
std::string host_of(std::string_view authority) {
  authority = authority.substr(authority.rfind('@') + 1);
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

Status refused(std::string message) { return {StatusCode::kInvalidArgument, std::move(message), "url"}; }

}  // namespace

bool is_public_address(const std::string& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return is_public4(ntohl(four.s_addr));
  std::array<unsigned char, 16> six{};
  return inet_pton(AF_INET6, address.c_str(), six.data()) == 1 && is_public6(six);
}

Status check_url(std::string_view url, const Options& options) {
  if (trim(url).empty()) return refused(str_cat("Webhook URL cannot be empty or just whitespace: '", url, "'"));
  if (url.size() > kLongestUrl) return refused(str_cat("Webhook URL is longer than ", kLongestUrl, " bytes"));
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\'; };
  if (std::any_of(url.begin(), url.end(), odd)) {
    return refused("Invalid webhook URL: it must not contain spaces, control characters or backslashes");
  }
  const std::size_t mark = url.find("://");
  const std::string scheme =
      to_lower(mark == std::string_view::npos ? url.substr(0, url.find(':')) : url.substr(0, mark));
  if (mark == std::string_view::npos ||
      std::find(options.schemes.begin(), options.schemes.end(), scheme) == options.schemes.end()) {
    return refused(str_cat("Invalid webhook URL scheme: '", mark == std::string_view::npos ? "" : scheme,
                           "'. Allowed schemes are: ", join(options.schemes, ", "), "."));
  }
  const std::string_view rest = url.substr(mark + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (!are_brackets_right(authority)) {
    return refused(str_cat("Invalid webhook URL '", url, "': its brackets do not hold an IPv6 address"));
  }
  const std::string host = host_of(authority);
  if (host.empty()) return refused(str_cat("Webhook URL must include a hostname: '", url, "'"));
  if (authority.find('@') != std::string_view::npos) {
    return refused("Webhook URL must not contain a user or password; sign deliveries with a secret instead");
  }
  // "127.1" and "0177.0.0.1" mean an address to some and a name to others.
  const bool numeric = std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || std::isdigit(c) != 0; });
  if (numeric && !is_address(host))
    return refused(str_cat("Webhook URL host '", host, "' is not an IP address as it is written"));
  if (options.private_addresses) return ok_status();
  const std::string name = to_lower(host);
  const bool local = name == "localhost" || name.ends_with(".localhost");
  if (local || (is_address(host) && !is_public_address(host))) {
    return refused(str_cat("Webhook URL must not resolve to a non-public IP address. '", host, "' resolves to ",
                           local ? "127.0.0.1" : host, "."));
  }
  return ok_status();
}

}  // namespace treadle::webhooks
