#include "storage/blob/multipart.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"

namespace treadle::blob {
namespace {

constexpr std::string_view kFolder = "uploads";
constexpr std::size_t kPiece = 1u << 20;
constexpr std::int64_t kSweepEveryMs = 600'000;

std::string folder_of(const std::string& id) { return str_cat(kFolder, "/", id); }
std::string part_key(const std::string& id, std::int64_t part) { return str_cat(folder_of(id), "/part-", part); }
std::string target_key(const std::string& id) { return str_cat(folder_of(id), "/target"); }

Status unknown(const std::string& id) {
  return not_found("there is no upload \"", id, "\"; it was completed, aborted, or is older than a day");
}

}  // namespace

StatusOr<MultipartUploads::Target> MultipartUploads::find(const std::string& id) const {
  if (!is_hex_id(id)) return unknown(id);
  const auto text = blobs_.get(target_key(id), 1u << 16);
  if (!text.ok()) return unknown(id);
  ASSIGN_OR_RETURN(const Json json, parse_json_object(*text));
  Target target;
  ASSIGN_OR_RETURN(target.key, required_string(json, "key"));
  ASSIGN_OR_RETURN(target.parts, required_int(json, "parts"));
  ASSIGN_OR_RETURN(target.created_ms, required_int(json, "created_ms"));
  return target;
}

StatusOr<std::string> MultipartUploads::begin(const std::string& key, std::int64_t parts) {
  RETURN_IF_ERROR(check_key(key));
  if (parts < 1 || parts > kMaxParts) return invalid_field("num_parts", "must be from 1 to ", kMaxParts);
  const std::lock_guard lock(mutex_);
  if (clock_.now_ms() - swept_ms_ > kSweepEveryMs) RETURN_IF_ERROR(sweep());
  ASSIGN_OR_RETURN(const auto open, blobs_.list(kFolder));
  if (open.size() >= kMaxOpen) {
    return resource_exhausted("there are ", open.size(), " unfinished uploads already; complete or abort some");
  }
  const std::string id = new_hex_id();
  const Json target = {{"key", key}, {"parts", parts}, {"created_ms", clock_.now_ms()}};
  RETURN_IF_ERROR(blobs_.put(target_key(id), to_text(target)));
  return id;
}

StatusOr<std::string> MultipartUploads::put(const std::string& id, std::int64_t part,
                                            const std::function<StatusOr<std::size_t>(char*, std::size_t)>& read) {
  ASSIGN_OR_RETURN(const Target target, find(id));
  if (part < 1 || part > target.parts) return invalid_field("part_number", "must be from 1 to ", target.parts);
  ASSIGN_OR_RETURN(const BlobInfo info, blobs_.receive(part_key(id, part), read));
  return info.sha256;
}

Status MultipartUploads::append(BlobWriter& writer, const std::string& id, const Part& part) const {
  const auto reader = blobs_.open(part_key(id, part.number));
  if (!reader.ok()) return invalid_field("parts", "part ", part.number, " was never uploaded");
  Sha256 hash;
  std::string buffer(kPiece, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const std::size_t count, (*reader)->read(buffer.data(), buffer.size()));
    if (count == 0) break;
    hash.update({buffer.data(), count});
    RETURN_IF_ERROR(writer.write({buffer.data(), count}));
  }
  if (part.hash == hash.finish()) return ok_status();
  return invalid_field("parts", "the etag of part ", part.number, " is not the one of the bytes that were uploaded");
}

StatusOr<BlobInfo> MultipartUploads::complete(const std::string& id, const std::string& key,
                                              const std::vector<Part>& parts) {
  ASSIGN_OR_RETURN(const Target target, find(id));
  if (target.key != key) return invalid_field("path", "upload ", id, " was begun for \"", target.key, "\"");
  if (parts.size() != static_cast<std::size_t>(target.parts)) {
    return invalid_field("parts", "the upload has ", target.parts, " parts, not ", parts.size());
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].number != static_cast<std::int64_t>(i) + 1)
      return invalid_field("parts", "must be in order, each once, from 1 to ", target.parts);
  }
  {
    const std::lock_guard lock(mutex_);
    if (!completing_.insert(id).second) return Status(StatusCode::kAborted, "the upload is being completed already");
  }
  const auto work = [&]() -> StatusOr<BlobInfo> {
    ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer, blobs_.create(key));
    for (const Part& part : parts) RETURN_IF_ERROR(append(*writer, id, part));
    ASSIGN_OR_RETURN(BlobInfo info, writer->commit());
    RETURN_IF_ERROR(blobs_.remove(folder_of(id)));
    return info;
  };
  StatusOr<BlobInfo> info = work();
  const std::lock_guard lock(mutex_);
  completing_.erase(id);
  return info;
}

Status MultipartUploads::abort(const std::string& id, const std::string& key) {
  ASSIGN_OR_RETURN(const Target target, find(id));
  if (target.key != key) return invalid_field("path", "upload ", id, " was begun for \"", target.key, "\"");
  return blobs_.remove(folder_of(id));
}

Status MultipartUploads::sweep() {
  ASSIGN_OR_RETURN(const auto open, blobs_.list(kFolder));
  for (const BlobEntry& entry : open) {
    const auto target = find(entry.name);
    // One without a target lost it between begin() and a crash.
    if (target.ok() && clock_.now_ms() - target->created_ms < kLifetimeMs) continue;
    RETURN_IF_ERROR(blobs_.remove(folder_of(entry.name)));
  }
  swept_ms_ = clock_.now_ms();
  return ok_status();
}

}  // namespace treadle::blob
