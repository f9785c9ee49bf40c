#include "base/sealed.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "base/files.h"
#include "base/strings.h"

namespace treadle {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;
using Bytes = std::vector<unsigned char>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string to_hex(const Bytes& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// Empty when the text is no hex.
Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes.push_back(static_cast<unsigned char>(high * 16 + low));
  }
  return bytes;
}

StatusOr<std::string> make_key(const std::filesystem::path& path) {
  Bytes random(32);
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return internal_error("no random bytes");
  const std::string key = to_hex(random);
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid() || ::write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
      ::fsync(file.get()) != 0) {
    const std::string why = errno_text();
    std::error_code ignored;
    std::filesystem::remove(path, ignored);  // half a key would be taken for one
    return internal_error("cannot write the key ", path.string(), ": ", why);
  }
  return key;
}

}  // namespace

Sealer::Sealer(std::string_view key) { SHA256(bytes_of(key), key.size(), key_.data()); }

StatusOr<Sealer> Sealer::from_file(const std::filesystem::path& path) {
  auto key = read_file(path, 4096);
  if (!key.ok() && key.status().code() == StatusCode::kNotFound) key = make_key(path);
  RETURN_IF_ERROR(key.status());
  if (trim(*key).size() < 32) {
    return failed_precondition(path.string(),
                               " holds no key; put the one back that was there, or remove the file to start",
                               " with a new one (secrets sealed so far are then lost)");
  }
  return Sealer(trim(*key));
}

StatusOr<std::string> Sealer::seal(std::string_view text, std::string_view owner) const {
  Bytes sealed(kNonce + text.size() + kTag);
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  unsigned char* const out = sealed.data() + kNonce;
  const bool fine =
      RAND_bytes(sealed.data(), kNonce) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), sealed.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(owner), static_cast<int>(owner.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out, &size, bytes_of(text), static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, out + text.size()) == 1;
  if (!fine) return internal_error("cannot seal: OpenSSL refused");
  return to_hex(sealed);
}

StatusOr<std::string> Sealer::open(std::string_view sealed, std::string_view owner) const {
  const Status refused(StatusCode::kDataLoss, "sealed text does not open with this server's key");
  Bytes bytes = from_hex(sealed);
  if (bytes.size() < kNonce + kTag || bytes.size() * 2 != sealed.size()) return refused;
  const std::size_t length = bytes.size() - kNonce - kTag;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string text(length, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(text.data());
  int size = 0;
  const bool fine =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes.data()) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(owner), static_cast<int>(owner.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out, &size, bytes.data() + kNonce, static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes.data() + kNonce + length) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + size, &size) == 1;
  if (!fine) return refused;
  return text;
}

}  // namespace treadle
