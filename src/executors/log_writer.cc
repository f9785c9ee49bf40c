#include "executors/log_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace treadle::executors {
namespace {
constexpr std::size_t kTail = 2048;
}

StatusOr<LogWriter> LogWriter::open(const std::filesystem::path& path, std::uint64_t limit) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid()) return internal_error("cannot write the log ", path.string(), ": ", errno_text());
  return LogWriter(std::move(file), limit);
}

void LogWriter::write(std::string_view bytes) {
  tail_.append(bytes);
  if (tail_.size() > 4 * kTail) tail_.erase(0, tail_.size() - kTail);
  const std::string_view kept = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), left_));
  append(kept);
  left_ -= kept.size();
  if (kept.size() == bytes.size() || full_) return;
  full_ = true;
  append("\n[treadle: the log reached its limit; what follows was dropped]\n");
}

void LogWriter::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // a full disk must not stop the step; what it says is lost, not what it does
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string LogWriter::last_output() const {
  if (tail_.size() <= kTail) return tail_;
  const std::string end = tail_.substr(tail_.size() - kTail);
  const std::size_t line = end.find('\n');
  return line == std::string::npos ? end : end.substr(line + 1);
}

}  // namespace treadle::executors
