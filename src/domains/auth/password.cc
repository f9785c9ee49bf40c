#include "domains/auth/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <semaphore>

namespace treadle::auth {
namespace {

// What OWASP's password storage page asks of scrypt at 16 MiB.
struct Cost {
  std::uint64_t n = 16384, r = 8, p = 5;
};
constexpr std::size_t kSaltBytes = 16, kKeyBytes = 32;
constexpr std::uint64_t kMaxMemory = 64u << 20;
constexpr std::chrono::seconds kPatience{5};

// A flood of logins may cost two cores, not all memory.
std::counting_semaphore<2>& slots() {
  static std::counting_semaphore<2> slots(2);
  return slots;
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  if (getrandom(bytes.data(), size, 0) != static_cast<ssize_t>(size)) std::abort();
  return bytes;
}

StatusOr<std::string> derive(std::string_view password, std::string_view salt, const Cost& cost) {
  if (!slots().try_acquire_for(kPatience)) return unavailable("too many logins at once; try again in a moment");
  std::string key(kKeyBytes, '\0');
  const int done =
      EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(),
                     cost.n, cost.r, cost.p, kMaxMemory, reinterpret_cast<unsigned char*>(key.data()), key.size());
  slots().release();
  if (done != 1) return internal_error("scrypt failed");
  return key;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int value = 0;
    const auto end = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (end.ptr != text.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

}  // namespace

Status check_password(std::string_view password) {
  if (password.size() < PasswordRules::kShortest) {
    return {StatusCode::kInvalidArgument,
            str_cat("Password must be at least ", PasswordRules::kShortest, " characters."), "password"};
  }
  if (password.size() > PasswordRules::kLongest) {
    return {StatusCode::kInvalidArgument, str_cat("Password must be at most ", PasswordRules::kLongest, " bytes."),
            "password"};
  }
  return ok_status();
}

StatusOr<std::string> hash_password(std::string_view password) {
  const Cost cost;
  const std::string salt = random_bytes(kSaltBytes);
  ASSIGN_OR_RETURN(const std::string key, derive(password, salt, cost));
  return str_cat("scrypt:", cost.n, ":", cost.r, ":", cost.p, "$", hex_encode(salt), "$", hex_encode(key));
}

StatusOr<bool> verify_password(std::string_view password, std::string_view hash) {
  const auto parts = split(hash, '$');
  const auto numbers = split(parts[0], ':');
  if (parts.size() != 3 || numbers.size() != 4 || numbers[0] != "scrypt") {
    return internal_error("a stored password hash is not one of ours");
  }
  const auto n = parse_int(numbers[1]), r = parse_int(numbers[2]), p = parse_int(numbers[3]);
  const auto salt = hex_decode(parts[1]), key = hex_decode(parts[2]);
  if (!n || !r || !p || !salt || !key) return internal_error("a stored password hash is damaged");
  const Cost cost{static_cast<std::uint64_t>(*n), static_cast<std::uint64_t>(*r), static_cast<std::uint64_t>(*p)};
  ASSIGN_OR_RETURN(const std::string found, derive(password, *salt, cost));
  return equal_in_constant_time(found, *key);
}

void verify_nothing(std::string_view password) {
  const auto ignored = derive(password, std::string(kSaltBytes, 's'), {});
  static_cast<void>(ignored);
}

std::string new_token() { return str_cat("treadle_", hex_encode(random_bytes(32))); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string fingerprint(std::string_view user, std::string_view password) {
  static const std::string key = random_bytes(32);
  const std::string text = str_cat(user, std::string_view("\0", 1), password);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace treadle::auth
