// Whole files, durably. Errors name the path and the system's reason.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace treadle {

// At most `limit` bytes; a larger file is kResourceExhausted.
StatusOr<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 256u << 20);
// Temporary file beside it, fsync, rename, fsync of the folder: readers see the old or the new content, never half.
Status write_file_atomic(const std::filesystem::path& path, std::string_view content);
// "errno text" for the current errno, for messages like "cannot open X: No such file or directory".
std::string errno_text();

// A folder that is removed, with all it holds, when the object goes.
class TempDir {
 public:
  static StatusOr<TempDir> create(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept;
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// An open file descriptor, closed when the object goes.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace treadle
