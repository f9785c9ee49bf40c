#include "base/sealed.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "base/files.h"
#include "base/strings.h"

namespace treadle {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

StatusOr<std::string> make_key(const std::filesystem::path& path) {
  std::string random(32, '\0');
  if (RAND_bytes(bytes_of(random), static_cast<int>(random.size())) != 1) return internal_error("no random bytes");
  const std::string key = hex_encode(random);
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
  std::string sealed(kNonce + text.size() + kTag, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  unsigned char* const nonce = bytes_of(sealed);
  unsigned char* const out = nonce + kNonce;
  const bool fine =
      RAND_bytes(nonce, kNonce) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(owner), static_cast<int>(owner.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out, &size, bytes_of(text), static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, out + text.size()) == 1;
  if (!fine) return internal_error("cannot seal: OpenSSL refused");
  return base64_encode(sealed);
}

StatusOr<std::string> Sealer::open(std::string_view sealed, std::string_view owner) const {
  const Status refused(StatusCode::kDataLoss, "sealed text does not open with this server's key");
  std::optional<std::string> bytes = base64_decode(sealed);
  if (!bytes || bytes->size() < kNonce + kTag) return refused;
  const std::size_t length = bytes->size() - kNonce - kTag;
  unsigned char* const nonce = bytes_of(*bytes);
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string text(length, '\0');
  unsigned char* const out = bytes_of(text);
  int size = 0;
  const bool fine =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(owner), static_cast<int>(owner.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out, &size, nonce + kNonce, static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, nonce + kNonce + length) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + size, &size) == 1;
  if (!fine) return refused;
  return text;
}

}  // namespace treadle
