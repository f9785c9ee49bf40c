// Blobs as files under one root. Every path is resolved by the kernel beneath the root without following links
// (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), so neither a clever key nor a planted link leads out.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/disk_full.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "storage/blob/blob_store.h"

namespace treadle::blob {
namespace {

FileDescriptor open_beneath(int root, const std::string& key, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return FileDescriptor(static_cast<int>(::syscall(SYS_openat2, root, key.c_str(), &how, sizeof how)));
}

Status open_error(std::string_view key) {
  if (errno == ENOENT || errno == ENOTDIR) return not_found(key, " does not exist");
  if (errno == ELOOP || errno == EXDEV) return invalid_field("path", "\"", key, "\" leads through a link");
  if (errno == ENOSPC || errno == EDQUOT) return disk_full(str_cat("cannot store \"", key, "\""));
  return internal_error("cannot open ", key, ": ", errno_text());
}

class LocalReader final : public BlobReader {
 public:
  LocalReader(FileDescriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Status seek(std::uint64_t offset) override {
    if (::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return internal_error(errno_text());
    return ok_status();
  }
  StatusOr<std::size_t> read(char* buffer, std::size_t size) override {
    while (true) {
      const ssize_t count = ::read(file_.get(), buffer, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return internal_error("cannot read: ", errno_text());
    }
  }

 private:
  FileDescriptor file_;
  std::uint64_t size_;
};

// Makes the folders of `key` and returns the innermost, open.
StatusOr<FileDescriptor> make_folders(int root, std::string_view key) {
  FileDescriptor folder = open_beneath(root, ".", O_RDONLY | O_DIRECTORY);
  const auto segments = split(key, '/');
  for (std::size_t i = 0; i + 1 < segments.size() && folder.valid(); ++i) {
    const std::string name(segments[i]);
    if (::mkdirat(folder.get(), name.c_str(), 0755) == 0) {
      if (::fsync(folder.get()) != 0) return internal_error("cannot sync ", key, ": ", errno_text());
    } else if (errno != EEXIST) {
      return open_error(key);
    }
    folder = open_beneath(folder.get(), name, O_RDONLY | O_DIRECTORY);
  }
  if (!folder.valid()) {
    if (errno == ENOTDIR) return invalid_field("path", "\"", key, "\": a file of that name is in the way of a folder");
    return open_error(key);
  }
  return folder;
}

constexpr std::uint64_t kSendOff = 8u << 20;

class LocalWriter final : public BlobWriter {
 public:
  LocalWriter(FileDescriptor incoming, FileDescriptor folder, FileDescriptor file, std::string part, std::string name)
      : incoming_(std::move(incoming)),
        folder_(std::move(folder)),
        file_(std::move(file)),
        part_(std::move(part)),
        name_(std::move(name)) {}
  ~LocalWriter() override {
    if (!committed_) ::unlinkat(incoming_.get(), part_.c_str(), 0);
  }

  Status write(std::string_view bytes) override {
    hash_.update(bytes);
    size_ += bytes.size();
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return open_error(name_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (size_ - sent_off_ >= kSendOff) {
      // The disk writes while more comes in, and the sync at the end has little left to wait for. No promise, so no
      // check.
      ::sync_file_range(file_.get(), static_cast<off_t>(sent_off_), static_cast<off_t>(size_ - sent_off_),
                        SYNC_FILE_RANGE_WRITE);
      sent_off_ = size_;
    }
    return ok_status();
  }

  StatusOr<BlobInfo> commit() override {
    if (::fsync(file_.get()) != 0) {
      return errno == ENOSPC ? open_error(name_) : internal_error("cannot sync ", name_, ": ", errno_text());
    }
    if (::renameat(incoming_.get(), part_.c_str(), folder_.get(), name_.c_str()) != 0) {
      if (errno == EISDIR) return invalid_field("path", "\"", name_, "\" is a folder");
      return errno == ENOSPC ? open_error(name_) : internal_error("cannot store ", name_, ": ", errno_text());
    }
    committed_ = true;
    if (::fsync(folder_.get()) != 0) return internal_error("cannot sync the folder of ", name_, ": ", errno_text());
    return BlobInfo{size_, hash_.finish()};
  }

 private:
  FileDescriptor incoming_, folder_, file_;
  std::string part_, name_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
  std::uint64_t sent_off_ = 0;  // what the disk was asked to write already
  bool committed_ = false;
};

// Blobs under way lie here, in the root, so that what a killed server left of them is found without a walk.
constexpr std::string_view kIncoming = ".part-incoming";
constexpr std::string_view kPartPrefix = ".part-";

class LocalStore final : public BlobStore {
 public:
  LocalStore(std::filesystem::path root, FileDescriptor fd) : root_(std::move(root)), fd_(std::move(fd)) {}

  StatusOr<std::unique_ptr<BlobWriter>> create(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    ASSIGN_OR_RETURN(FileDescriptor folder, make_folders(fd_.get(), key));
    const std::string name(split(key, '/').back());
    const std::string part = str_cat(kPartPrefix, new_hex_id());
    FileDescriptor incoming = open_beneath(fd_.get(), std::string(kIncoming), O_RDONLY | O_DIRECTORY);
    if (!incoming.valid()) return open_error(key);
    FileDescriptor file = open_beneath(incoming.get(), part, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!file.valid()) return open_error(key);
    return std::unique_ptr<BlobWriter>(
        std::make_unique<LocalWriter>(std::move(incoming), std::move(folder), std::move(file), part, name));
  }

  StatusOr<std::unique_ptr<BlobReader>> open(std::string_view key) const override {
    RETURN_IF_ERROR(check_key(key));
    FileDescriptor file = open_beneath(fd_.get(), std::string(key), O_RDONLY);
    if (!file.valid()) return open_error(key);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return internal_error("cannot stat ", key, ": ", errno_text());
    if (S_ISDIR(info.st_mode)) return invalid_field("path", "\"", key, "\" is a folder");
    return std::unique_ptr<BlobReader>(
        std::make_unique<LocalReader>(std::move(file), static_cast<std::uint64_t>(info.st_size)));
  }

  StatusOr<BlobInfo> stat(std::string_view key) const override {
    ASSIGN_OR_RETURN(const std::unique_ptr<BlobReader> reader, open(key));
    return BlobInfo{reader->size(), ""};
  }

  StatusOr<std::vector<BlobEntry>> list(std::string_view folder) const override {
    if (!folder.empty()) RETURN_IF_ERROR(check_key(folder));
    const FileDescriptor opened =
        open_beneath(fd_.get(), folder.empty() ? "." : std::string(folder), O_RDONLY | O_DIRECTORY);
    if (!opened.valid()) {
      if (errno == ENOENT || errno == ENOTDIR) return std::vector<BlobEntry>{};
      return open_error(folder);
    }
    std::vector<BlobEntry> entries;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root_ / folder, error)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(kPartPrefix) || entry.is_symlink(error)) continue;
      const bool is_folder = entry.is_directory(error);
      entries.push_back({name, is_folder, is_folder ? 0 : entry.file_size(error)});
    }
    if (error) return internal_error("cannot list ", folder, ": ", error.message());
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Status remove(std::string_view key) override {
    RETURN_IF_ERROR(check_key(key));
    const FileDescriptor probe = open_beneath(fd_.get(), std::string(key), O_PATH);
    if (!probe.valid()) return errno == ENOENT || errno == ENOTDIR ? ok_status() : open_error(key);
    std::error_code error;
    std::filesystem::remove_all(root_ / key, error);
    if (error) return internal_error("cannot remove ", key, ": ", error.message());
    return ok_status();
  }

  StatusOr<std::filesystem::path> local_path(std::string_view key) const override {
    RETURN_IF_ERROR(check_key(key));
    const FileDescriptor probe = open_beneath(fd_.get(), std::string(key), O_PATH);
    if (!probe.valid() && errno != ENOENT) return open_error(key);
    return root_ / key;
  }

 private:
  std::filesystem::path root_;
  FileDescriptor fd_;
};

}  // namespace

StatusOr<std::unique_ptr<BlobStore>> open_local(const std::filesystem::path& root) {
  std::error_code error;
  std::filesystem::create_directories(root, error);
  FileDescriptor fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (error || !fd.valid()) return internal_error("cannot open the blob store ", root.string(), ": ", errno_text());
  // Nobody else writes: the data folder is locked.
  std::filesystem::remove_all(root / kIncoming, error);
  std::filesystem::create_directory(root / kIncoming, error);
  if (error) return internal_error("cannot make ", (root / kIncoming).string(), ": ", error.message());
  return std::unique_ptr<BlobStore>(std::make_unique<LocalStore>(std::filesystem::absolute(root), std::move(fd)));
}

}  // namespace treadle::blob
