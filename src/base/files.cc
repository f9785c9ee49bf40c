#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/ids.h"

namespace treadle {
namespace {

Status write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return internal_error(errno_text());
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok_status();
}

}  // namespace

std::string errno_text() { return std::generic_category().message(errno); }

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

StatusOr<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return not_found("cannot open ", path.string(), ": ", errno_text());
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return internal_error("cannot stat ", path.string(), ": ", errno_text());
  if (static_cast<std::size_t>(info.st_size) > limit) {
    return resource_exhausted(path.string(), " has ", info.st_size, " bytes, more than the limit of ", limit);
  }
  std::string content;
  char buffer[65536];
  content.reserve(static_cast<std::size_t>(info.st_size));
  while (true) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return internal_error("cannot read ", path.string(), ": ", errno_text());
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > limit) return resource_exhausted(path.string(), " grew past the limit of ", limit, " bytes");
  }
}

Status write_file_atomic(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path part = path.string() + ".part-" + new_hex_id().substr(0, 8);
  Status status;
  {
    const FileDescriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.valid()) return internal_error("cannot create ", part.string(), ": ", errno_text());
    status = write_all(file.get(), content);
    if (status.ok() && ::fsync(file.get()) != 0) status = internal_error(errno_text());
  }
  if (status.ok() && ::rename(part.c_str(), path.c_str()) != 0) status = internal_error(errno_text());
  if (!status.ok()) {
    ::unlink(part.c_str());
    return with_context(status, str_cat("cannot write ", path.string()));
  }
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const FileDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid() || ::fsync(parent.get()) != 0) {
    return internal_error("cannot sync ", folder.string(), ": ", errno_text());
  }
  return ok_status();
}

StatusOr<TempDir> TempDir::create(const std::filesystem::path& parent) {
  std::string name = (parent / "treadle-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return internal_error("cannot create ", name, ": ", errno_text());
  return TempDir(name);
}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDir::~TempDir() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace treadle
