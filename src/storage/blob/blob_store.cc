#include "storage/blob/blob_store.h"

#include "base/utf8.h"

namespace treadle::blob {
namespace {

constexpr std::size_t kPiece = 1u << 18;
constexpr std::size_t kDeepest = 200;

}  // namespace

Status check_key(std::string_view key) {
  if (key.empty()) return invalid_field("path", "must not be empty");
  if (key.size() > 4096) return invalid_field("path", "is longer than 4096 bytes");
  const auto segments = split(key, '/');
  // Deeper trees are nobody's, and defeat the tools that would remove them.
  if (segments.size() > kDeepest) return invalid_field("path", "has more than ", kDeepest, " folders in one another");
  for (const std::string_view segment : segments) {
    if (segment.empty() || segment == "." || segment == "..") {
      return invalid_field("path", "\"", key, "\" must be relative, without empty, \".\" or \"..\" segments");
    }
    if (segment.size() > 255) return invalid_field("path", "has a segment longer than 255 bytes");
  }
  // Another name could be listed only by one that it has not.
  if (!is_utf8(key)) return invalid_field("path", "is not valid UTF-8");
  for (const char c : key) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return invalid_field("path", "must not contain backslashes or control characters");
    }
  }
  return ok_status();
}

StatusOr<BlobInfo> BlobStore::put(std::string_view key, std::string_view content) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer, create(key));
  RETURN_IF_ERROR(writer->write(content));
  return writer->commit();
}

StatusOr<BlobInfo> BlobStore::receive(std::string_view key,
                                      const std::function<StatusOr<std::size_t>(char*, std::size_t)>& read) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer, create(key));
  std::string buffer(kPiece, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const std::size_t count, read(buffer.data(), buffer.size()));
    if (count == 0) return writer->commit();
    RETURN_IF_ERROR(writer->write({buffer.data(), count}));
  }
}

StatusOr<std::string> BlobStore::get(std::string_view key, std::size_t limit) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<BlobReader> reader, open(key));
  if (reader->size() > limit) {
    return resource_exhausted(key, " has ", reader->size(), " bytes, more than the limit of ", limit);
  }
  std::string content(reader->size(), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    ASSIGN_OR_RETURN(const std::size_t count, reader->read(content.data() + done, content.size() - done));
    if (count == 0) return Status(StatusCode::kDataLoss, str_cat(key, " ended early"));
    done += count;
  }
  return content;
}

}  // namespace treadle::blob
