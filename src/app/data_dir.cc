#include "app/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/json.h"

namespace treadle::app {
namespace {

FileDescriptor open_lock(const std::filesystem::path& path, int flags) {
  return FileDescriptor(::open((path / "lock").c_str(), flags | O_CLOEXEC, 0644));
}

// Only for the owner's eyes, from its first byte on.
Status write_private(const std::filesystem::path& path, std::string_view text) {
  ::unlink(path.c_str());
  if (text.empty()) return ok_status();
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid() || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return internal_error("cannot write ", path.string(), ": ", errno_text());
  }
  return ok_status();
}

}  // namespace

StatusOr<DataDir> DataDir::open(const std::filesystem::path& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  std::filesystem::create_directories(absolute, error);
  if (error) return invalid_field("data", "cannot create ", absolute.string(), ": ", error.message());
  if (::access(absolute.c_str(), R_OK | W_OK | X_OK) != 0) {
    return invalid_field("data", absolute.string(), " is not writable: ", errno_text());
  }
  return DataDir(absolute);
}

Status DataDir::lock() {
  lock_ = open_lock(path_, O_RDWR | O_CREAT);
  if (!lock_.valid()) return internal_error("cannot open ", (path_ / "lock").string(), ": ", errno_text());
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return ok_status();
  const auto note = read_note();
  lock_ = FileDescriptor();
  return failed_precondition(path_.string(), " is in use by another server",
                             note ? str_cat(" (process ", note->pid, ", ", note->url, ")") : "",
                             "; stop it with `treadle down --data ", path_.string(),
                             "` or give this one another --data");
}

Status DataDir::write_note(const ServerNote& note) const {
  RETURN_IF_ERROR(write_private(path_ / "server.token", note.token));
  const Json text = {{"pid", note.pid}, {"url", note.url}, {"grpc", note.grpc}};
  return write_file_atomic(path_ / "server.json", to_text(text));
}

void DataDir::remove_note() const {
  std::error_code ignored;
  std::filesystem::remove(path_ / "server.json", ignored);
  std::filesystem::remove(path_ / "server.token", ignored);
}

bool DataDir::in_use() const {
  const FileDescriptor probe = open_lock(path_, O_RDWR);
  return probe.valid() && ::flock(probe.get(), LOCK_EX | LOCK_NB) != 0;
}

std::optional<ServerNote> DataDir::running() const { return in_use() ? read_note() : std::nullopt; }

std::optional<ServerNote> DataDir::read_note() const {
  const auto text = read_file(path_ / "server.json", 1 << 16);
  if (!text.ok()) return std::nullopt;
  const auto json = parse_json_object(*text);
  if (!json.ok()) return std::nullopt;
  return ServerNote{static_cast<int>(optional_int(*json, "pid", 0).value_or(0)),
                    optional_string(*json, "url").value_or(""), optional_string(*json, "grpc").value_or(""),
                    // A command of another user of this machine may not read it and goes without.
                    read_file(path_ / "server.token", 1 << 10).value_or("")};
}

}  // namespace treadle::app
