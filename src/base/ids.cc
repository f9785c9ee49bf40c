#include "base/ids.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/clock.h"

namespace treadle {
namespace {

void fill_random(unsigned char* bytes, std::size_t size) {
  // Up to 256 bytes are never cut short once the kernel's pool is ready, so a failure here is a broken machine.
  if (getrandom(bytes, size, 0) != static_cast<ssize_t>(size)) std::abort();
}

using Bytes = std::array<unsigned char, 16>;
constexpr std::size_t kTimeBytes = 6;

// Milliseconds, the highest byte first.
void put_time(Bytes& bytes) {
  auto ms = static_cast<std::uint64_t>(SystemClock().now_ms());
  for (std::size_t i = kTimeBytes; i-- > 0; ms >>= 8) bytes[i] = static_cast<unsigned char>(ms & 0xff);
}

// With the version and variant bits of a UUID, so that the dashed form is a valid one.
std::string uuid_digits(Bytes bytes, unsigned version) {
  static constexpr char kDigits[] = "0123456789abcdef";
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string id;
  id.reserve(32);
  for (const unsigned char byte : bytes) {
    id.push_back(kDigits[byte >> 4]);
    id.push_back(kDigits[byte & 15]);
  }
  return id;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string new_hex_id() {
  Bytes bytes;
  fill_random(bytes.data(), bytes.size());
  return uuid_digits(bytes, 4);
}

std::string new_ordered_hex_id() {
  Bytes bytes;
  put_time(bytes);
  fill_random(bytes.data() + kTimeBytes, bytes.size() - kTimeBytes);
  return uuid_digits(bytes, 7);
}
std::string hex_to_uuid(std::string_view hex) {
  if (hex.size() != 32) return std::string(hex);
  std::string uuid(hex);
  for (const std::size_t at : {20, 16, 12, 8}) uuid.insert(at, 1, '-');
  return uuid;
}

std::string uuid_to_hex(std::string_view uuid) {
  std::string hex;
  hex.reserve(32);
  for (const char c : uuid) {
    if (c != '-') hex.push_back(c);
  }
  return hex;
}

bool is_hex_id(std::string_view text) {
  if (text.size() != 32) return false;
  for (const char c : text) {
    if (!is_hex(c)) return false;
  }
  return true;
}

std::string new_ulid() {
  static constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  Bytes bytes;
  put_time(bytes);
  fill_random(bytes.data() + kTimeBytes, bytes.size() - kTimeBytes);
  // 128 bits as 26 digits of 5 bits: the first digit carries only 3.
  std::string id(26, '0');
  std::uint32_t buffer = 0;
  int bits = 0;
  int at = 25;
  for (int i = 15; i >= 0; --i) {
    buffer |= static_cast<std::uint32_t>(bytes[static_cast<std::size_t>(i)]) << bits;
    bits += 8;
    while (bits >= 5) {
      id[static_cast<std::size_t>(at--)] = kAlphabet[buffer & 31];
      buffer >>= 5;
      bits -= 5;
    }
  }
  id[0] = kAlphabet[buffer & 31];
  return id;
}

}  // namespace treadle
