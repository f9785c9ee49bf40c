// URLs of this server that allow one thing for a while: whoever holds one needs no other right. Their query carries the
// time they end and an HMAC over method, path and that time.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"
#include "storage/blob/blob_store.h"

namespace treadle::mlflow {

class SignedUrls {
 public:
  static constexpr std::int64_t kMaxSeconds = 604'800;  // a week, as cloud stores allow

  // The key lies in the blob store, so that URLs survive a restart.
  SignedUrls(blob::BlobStore& blobs, const Clock& clock) : blobs_(blobs), clock_(clock) {}

  // For `method` on `path` (decoded), on the server as the client of `request` calls it.
  StatusOr<std::string> make(const net::Request& request, net::Method method, std::string_view path,
                             std::int64_t seconds);
  // kPermissionDenied unless `request` came by such a URL and in time.
  Status check(const net::Request& request);

 private:
  StatusOr<std::string> key();
  std::string signature(std::string_view key, net::Method method, std::string_view path, std::int64_t ends_s) const;

  blob::BlobStore& blobs_;
  const Clock& clock_;
};

}  // namespace treadle::mlflow
