// The wire format of protocol buffers, read field by field: five rules, which is less than generated messages are where
// only a few fields of somebody else's messages matter (https://protobuf.dev/programming-guides/encoding/).
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>

#include "base/status.h"

namespace treadle::wire {

constexpr std::uint32_t kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

// `bytes` of a text or message, `value` of the others.
struct Field {
  std::uint32_t number = 0;
  std::uint32_t wire = 0;
  std::uint64_t value = 0;
  std::string_view bytes;

  std::int64_t integer() const { return static_cast<std::int64_t>(value); }
  double real() const { return std::bit_cast<double>(value); }
  float single() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }
};

// `bytes` must outlive it and the fields.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool at_end() const { return bytes_.empty(); }
  // False when the message is damaged.
  bool next(Field& field);
  // One number of a packed list.
  bool varint(std::uint64_t& value);
  bool fixed(std::size_t size, std::uint64_t& value);

 private:
  std::string_view bytes_;
};

// Does `work` with each field of the message `bytes` until one is refused; what is no message is refused as `damaged`
// says.
Status each_field(std::string_view bytes, const std::function<Status()>& damaged,
                  const std::function<Status(const Field&)>& work);

}  // namespace treadle::wire
