#include "app/tensorboard/event_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cerrno>

#include "base/files.h"
#include "base/strings.h"
#include "base/wire_format.h"

namespace treadle::app::tensorboard {
namespace {

constexpr std::size_t kHead = 12;  // length and its checksum
constexpr std::size_t kTail = 4;
constexpr std::uint64_t kLongest = 256u << 20;
constexpr std::size_t kRead = 1u << 20;

// CRC-32C (Castagnoli), turned and shifted so that a checksum of checksums keeps its worth, as TFRecord files have it.
std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  wire::Reader(bytes.substr(at)).fixed(size, value);
  return value;
}

}  // namespace

Status EventFile::damaged(std::string_view what) const {
  return {StatusCode::kDataLoss,
          str_cat(path_.string(), ": ", what, " at byte ", offset_, "; what follows it is left out")};
}

StatusOr<bool> EventFile::has(std::size_t size) {
  if (buffer_.size() - taken_ >= size) return true;
  std::string().swap(buffer_);  // gives the memory back, as clear() does not
  taken_ = 0;
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) {
    return failed_precondition("cannot read ", path_.string(), ": ", errno_text());
  }
  const std::uint64_t length = info.st_size > 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  if (length < offset_ + size) return false;
  buffer_.resize(std::min<std::uint64_t>(std::max(size, kRead), length - offset_));
  for (std::size_t done = 0; done < buffer_.size();) {
    const ssize_t count =
        ::pread(file.get(), buffer_.data() + done, buffer_.size() - done, static_cast<off_t>(offset_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed_precondition("cannot read ", path_.string(), ": ", errno_text());
    if (count == 0) buffer_.resize(done);  // cut off meanwhile
    done += static_cast<std::size_t>(count);
  }
  return buffer_.size() >= size;
}

StatusOr<std::optional<std::string>> EventFile::next() {
  ASSIGN_OR_RETURN(const bool has_head, has(kHead));
  if (!has_head) return std::optional<std::string>();
  const std::string_view head = std::string_view(buffer_).substr(taken_, kHead);
  const std::uint64_t length = number(head, 0, 8);
  if (number(head, 8, 4) != masked_crc(head.substr(0, 8)) || length > kLongest) return damaged("a damaged length");
  ASSIGN_OR_RETURN(const bool is_whole, has(kHead + length + kTail));
  if (!is_whole) return std::optional<std::string>();
  std::string record = buffer_.substr(taken_ + kHead, length);
  if (number(buffer_, taken_ + kHead + length, 4) != masked_crc(record)) return damaged("a damaged record");
  taken_ += kHead + length + kTail;
  offset_ += kHead + length + kTail;
  return std::optional(std::move(record));
}

}  // namespace treadle::app::tensorboard
