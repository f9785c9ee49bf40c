// A step's log: bounded, with its end kept at hand for error messages.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/status.h"

namespace treadle::executors {

class LogWriter {
 public:
  static StatusOr<LogWriter> open(const std::filesystem::path& path, std::uint64_t limit);
  // Past the limit one line says so and the rest is dropped.
  void write(std::string_view bytes);
  // At most 2 KiB, beginning at a line where there is one.
  std::string last_output() const;

 private:
  LogWriter(FileDescriptor file, std::uint64_t limit) : file_(std::move(file)), left_(limit) {}
  void append(std::string_view bytes);

  FileDescriptor file_;
  std::uint64_t left_;
  bool full_ = false;
  std::string tail_;
};

}  // namespace treadle::executors
