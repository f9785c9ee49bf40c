// Progress of moving bytes, shown once it takes longer than a second.
#pragma once

#include <cstdint>
#include <string>

#include "app/cli/io.h"

namespace treadle::app {

// "1.5 MB".
std::string bytes_text(double bytes);

class TransferMeter {
 public:
  // `total` 0: unknown.
  TransferMeter(Io& io, std::string what, std::uint64_t total);
  void add(std::uint64_t bytes);
  std::uint64_t done() const { return done_; }
  // "12.0 MB at 340.0 MB/s".
  std::string text() const;

 private:
  double seconds() const;

  Io& io_;
  const std::string what_;
  const std::uint64_t total_;
  const std::int64_t start_ns_;
  std::uint64_t done_ = 0;
  std::int64_t shown_ns_ = 0;
};

}  // namespace treadle::app
