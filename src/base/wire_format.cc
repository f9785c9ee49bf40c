#include "base/wire_format.h"

namespace treadle::wire {

bool Reader::next(Field& field) {
  std::uint64_t tag = 0;
  if (!varint(tag) || tag >> 3 == 0 || tag >> 3 > std::numeric_limits<std::uint32_t>::max()) return false;
  field = {.number = static_cast<std::uint32_t>(tag >> 3), .wire = static_cast<std::uint32_t>(tag & 7)};
  switch (field.wire) {
    case kVarint:
      return varint(field.value);
    case kFixed64:
      return fixed(8, field.value);
    case kFixed32:
      return fixed(4, field.value);
    case kBytes: {
      std::uint64_t length = 0;
      if (!varint(length) || length > bytes_.size()) return false;
      field.bytes = bytes_.substr(0, length);
      bytes_.remove_prefix(length);
      return true;
    }
    default:
      return false;
  }
}

bool Reader::varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool Reader::fixed(std::size_t size, std::uint64_t& value) {
  if (bytes_.size() < size) return false;
  value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
  bytes_.remove_prefix(size);
  return true;
}

Status each_field(std::string_view bytes, const std::function<Status()>& damaged,
                  const std::function<Status(const Field&)>& work) {
  Reader reader(bytes);
  Field field;
  while (!reader.at_end()) {
    if (!reader.next(field)) return damaged();
    RETURN_IF_ERROR(work(field));
  }
  return ok_status();
}

}  // namespace treadle::wire
