// SHA-256 (OpenSSL) as lower-case hex: the name of content everywhere in Treadle.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  // The 64 hex digits; the object must not be used afterwards.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);
// HMAC-SHA256 as lower-case hex: proof that whoever made `message` knows `key`.
std::string hmac_sha256_hex(std::string_view key, std::string_view message);
// Whether two texts are equal, in a time that tells nothing about where they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);
// Streams the file; kNotFound when it is not there.
StatusOr<std::string> sha256_file(const std::filesystem::path& path);

}  // namespace treadle
