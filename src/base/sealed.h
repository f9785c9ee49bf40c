// Text that must not be read from a stolen database or backup: AES-256-GCM under a key that is kept elsewhere.
//
//   const Sealer sealer(key);
//   row.secret = sealer.seal("hunter2", row.id);
//   ASSIGN_OR_RETURN(const std::string secret, sealer.open(row.secret, row.id));
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle {

class Sealer {
 public:
  // Any text that nobody can guess.
  explicit Sealer(std::string_view key);
  // With the key in that file, which only its owner may read; made when it is not there.
  static StatusOr<Sealer> from_file(const std::filesystem::path& path);

  // Base64, other text each time. What was sealed for one owner does not open for another.
  StatusOr<std::string> seal(std::string_view text, std::string_view owner) const;
  // kDataLoss when the key or the owner is another one, or the text was changed.
  StatusOr<std::string> open(std::string_view sealed, std::string_view owner) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace treadle
