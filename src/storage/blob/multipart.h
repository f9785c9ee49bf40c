// Uploads in parts: each part is received on its own, in any order and at once, and complete() makes one blob of them.
// The parts lie in the store too (uploads/<id>/…), so an upload survives a restart; who never completes it loses the
// parts after a day.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/blob/blob_store.h"

namespace treadle::blob {

class MultipartUploads {
 public:
  static constexpr std::int64_t kMaxParts = 10'000;
  static constexpr std::size_t kMaxOpen = 1000;
  static constexpr std::int64_t kLifetimeMs = 24LL * 3600 * 1000;

  MultipartUploads(BlobStore& blobs, const Clock& clock) : blobs_(blobs), clock_(clock) {}

  // An upload of `parts` parts that is to become `key`; its id.
  StatusOr<std::string> begin(const std::string& key, std::int64_t parts);
  // Parts count from 1. The hash of the part is returned; sending a part again replaces it.
  StatusOr<std::string> put(const std::string& id, std::int64_t part,
                            const std::function<StatusOr<std::size_t>(char*, std::size_t)>& read);
  struct Part {
    std::int64_t number = 0;
    std::string hash;  // what put() said
  };
  // All parts in order, or nothing happens. The blob is durable and whole when this returns ok. `key` is the one of
  // begin().
  StatusOr<BlobInfo> complete(const std::string& id, const std::string& key, const std::vector<Part>& parts);
  Status abort(const std::string& id, const std::string& key);
  // Removes what is older than kLifetimeMs.
  Status sweep();

 private:
  struct Target {
    std::string key;
    std::int64_t parts = 0, created_ms = 0;
  };
  StatusOr<Target> find(const std::string& id) const;
  Status append(BlobWriter& writer, const std::string& id, const Part& part) const;

  BlobStore& blobs_;
  const Clock& clock_;
  std::mutex mutex_;
  std::set<std::string> completing_;
  std::int64_t swept_ms_ = 0;
};

}  // namespace treadle::blob
