// The data directory: its layout, the lock that keeps a second server out, and the note that tells commands where the
// running server listens.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/status.h"

namespace treadle::app {

// What a running server wrote down about itself.
struct ServerNote {
  int pid = 0;
  std::string url;    // "http://127.0.0.1:7070"
  std::string grpc;   // "127.0.0.1:7071"
  std::string token;  // with access control: what commands of this machine's owner show; "" without
};

class DataDir {
 public:
  // Creates the folder. Does not lock.
  static StatusOr<DataDir> open(const std::filesystem::path& path);

  // Held until the object goes or the process dies, however it dies. kFailedPrecondition names the server that has it.
  Status lock();
  Status write_note(const ServerNote& note) const;
  void remove_note() const;
  // Whether a server holds the lock: from its start until its last file is closed.
  bool in_use() const;
  // The note of a server that holds the lock now; nullopt when none does, or when it is stopping.
  std::optional<ServerNote> running() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "treadle.db"; }
  std::filesystem::path blobs() const { return path_ / "blobs"; }
  std::filesystem::path work() const { return path_ / "work"; }
  std::filesystem::path layers() const { return path_ / "layers"; }
  std::filesystem::path predictions() const { return path_ / "predictions"; }
  std::filesystem::path webhook_key() const { return path_ / "webhook.key"; }  // seals the secrets in the database
  std::filesystem::path log() const { return path_ / "server.log"; }

 private:
  explicit DataDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::optional<ServerNote> read_note() const;

  std::filesystem::path path_;
  FileDescriptor lock_;
};

}  // namespace treadle::app
