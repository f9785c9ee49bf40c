#include "app/transfer_meter.h"

#include <array>
#include <cstdio>

#include "base/clock.h"
#include "base/strings.h"

namespace treadle::app {
namespace {

constexpr std::int64_t kQuietNs = 1'000'000'000, kBetweenNs = 200'000'000;

}  // namespace

std::string bytes_text(double bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text;
}

TransferMeter::TransferMeter(Io& io, std::string what, std::uint64_t total)
    : io_(io), what_(std::move(what)), total_(total), start_ns_(monotonic_ns()) {}

double TransferMeter::seconds() const { return static_cast<double>(monotonic_ns() - start_ns_) / 1e9; }

std::string TransferMeter::text() const {
  const double time = seconds();
  std::string text = bytes_text(static_cast<double>(done_));
  if (time > 0.001) str_append(&text, " at ", bytes_text(static_cast<double>(done_) / time), "/s");
  return text;
}

void TransferMeter::add(std::uint64_t bytes) {
  done_ += bytes;
  const std::int64_t now = monotonic_ns();
  if (now - start_ns_ < kQuietNs || now - shown_ns_ < kBetweenNs) return;
  shown_ns_ = now;
  io_.progress(total_ == 0 ? str_cat(what_, " ", text())
                           : str_cat(what_, " ", text(), ", ", done_ * 100 / total_, " %"));
}

}  // namespace treadle::app
