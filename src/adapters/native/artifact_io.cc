#include "adapters/native/artifact_io.h"

namespace treadle::native {

StatusOr<blob::BlobInfo> receive_blob(net::Request& request, blob::BlobStore& blobs, std::string_view key) {
  return blobs.receive(key, [&](char* buffer, std::size_t size) { return request.stream->read(buffer, size); });
}

StatusOr<net::Response> send_blob(const blob::BlobStore& blobs, std::string_view key) {
  RETURN_IF_ERROR(blobs.stat(key));
  ASSIGN_OR_RETURN(const auto path, blobs.local_path(key));
  net::Response response = net::Response::file(path, net::content_type_for(path.filename().string()));
  // Whoever wrote the artifact must not speak with this page's rights: scripts (a plot's) run in an origin of their own
  // and reach nothing.
  response.headers.set("Content-Security-Policy",
                       "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
                       "style-src 'unsafe-inline'; img-src data: blob:; font-src data:");
  return response;
}

}  // namespace treadle::native
