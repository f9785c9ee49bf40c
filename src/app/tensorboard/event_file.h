// TensorBoard's event files: records of a length, its checksum, the bytes and theirs (masked CRC-32C). A training
// appends to the file while it is read. Between two looks nothing of it is held: a folder may have thousands of files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/status.h"

namespace treadle::app::tensorboard {

class EventFile {
 public:
  explicit EventFile(std::filesystem::path path) : path_(std::move(path)) {}
  const std::filesystem::path& path() const { return path_; }
  // The next whole record; nullopt when there is none yet, and a later call may find more. kDataLoss names the place of
  // a damaged one, after which nothing can be found.
  StatusOr<std::optional<std::string>> next();

 private:
  // Whether that many bytes are there from `offset_` on; then they lie in buffer_ from taken_ on.
  StatusOr<bool> has(std::size_t size);
  Status damaged(std::string_view what) const;

  std::filesystem::path path_;
  std::string buffer_;        // read ahead
  std::size_t taken_ = 0;     // of buffer_
  std::uint64_t offset_ = 0;  // in the file, of the next record
};

}  // namespace treadle::app::tensorboard
