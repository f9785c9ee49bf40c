// Moving artifact bytes between requests and the blob store, for every protocol that carries them.
#pragma once

#include "net/http.h"
#include "storage/blob/blob_store.h"

namespace treadle::native {

// Streams the request's body into `key`; the blob appears whole or not at all.
StatusOr<blob::BlobInfo> receive_blob(net::Request& request, blob::BlobStore& blobs, std::string_view key);
// The blob as a file answer. Content that a browser would run is marked to be sandboxed.
StatusOr<net::Response> send_blob(const blob::BlobStore& blobs, std::string_view key);

}  // namespace treadle::native
