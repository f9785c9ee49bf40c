// Large content by key: artifacts, logs, datasets, prediction segments. Keys are relative paths of UTF-8 segments
// ("artifacts/0/4f…/model/MLmodel"); "..", ".", empty segments, backslashes, NUL and symlinks out of the root are
// refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treadle::blob {

struct BlobInfo {
  std::uint64_t size = 0;
  std::string sha256;  // of the whole content; empty where it was not computed
};

// Content becomes visible whole at commit(), never in part; dropping the writer leaves nothing behind.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Status write(std::string_view bytes) = 0;
  // Durable when it returns ok.
  virtual StatusOr<BlobInfo> commit() = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual std::uint64_t size() const = 0;
  virtual Status seek(std::uint64_t offset) = 0;
  // Bytes read, 0 at the end.
  virtual StatusOr<std::size_t> read(char* buffer, std::size_t size) = 0;
};

struct BlobEntry {
  std::string name;  // last segment
  bool is_folder = false;
  std::uint64_t size = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual StatusOr<std::unique_ptr<BlobWriter>> create(std::string_view key) = 0;
  virtual StatusOr<std::unique_ptr<BlobReader>> open(std::string_view key) const = 0;
  virtual StatusOr<BlobInfo> stat(std::string_view key) const = 0;  // without the hash
  // The direct children of a folder key ("" is the root), by name; an absent folder is empty.
  virtual StatusOr<std::vector<BlobEntry>> list(std::string_view folder) const = 0;
  // A key or a whole folder; absent is ok.
  virtual Status remove(std::string_view key) = 0;
  // Where the content lies when it is a local file (for sendfile and for steps on this machine). The parent folder is
  // NOT created. Errors: kInvalidArgument for a bad key, kUnimplemented for stores that are not local.
  virtual StatusOr<std::filesystem::path> local_path(std::string_view key) const = 0;

  // Whole content, for small things.
  StatusOr<BlobInfo> put(std::string_view key, std::string_view content);
  StatusOr<std::string> get(std::string_view key, std::size_t limit = 64u << 20) const;
  // What `read` gives until it gives 0, a buffer at a time: memory stays flat whatever the size.
  StatusOr<BlobInfo> receive(std::string_view key,
                             const std::function<StatusOr<std::size_t>(char*, std::size_t)>& read);
};

Status check_key(std::string_view key);
StatusOr<std::unique_ptr<BlobStore>> open_local(const std::filesystem::path& root);

}  // namespace treadle::blob
