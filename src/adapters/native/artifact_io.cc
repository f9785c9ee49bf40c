#include "adapters/native/artifact_io.h"

#include <vector>

namespace treadle::native {

StatusOr<blob::BlobInfo> receive_blob(net::Request& request, blob::BlobStore& blobs, std::string_view key) {
  ASSIGN_OR_RETURN(const auto writer, blobs.create(key));
  std::vector<char> buffer(1 << 18);
  while (true) {
    ASSIGN_OR_RETURN(const std::size_t count, request.stream->read(buffer.data(), buffer.size()));
    if (count == 0) break;
    RETURN_IF_ERROR(writer->write({buffer.data(), count}));
  }
  return writer->commit();
}

StatusOr<net::Response> send_blob(const blob::BlobStore& blobs, std::string_view key) {
  RETURN_IF_ERROR(blobs.stat(key));
  ASSIGN_OR_RETURN(const auto path, blobs.local_path(key));
  net::Response response = net::Response::file(path, net::content_type_for(path.filename().string()));
  // Whoever wrote the artifact must not speak with this page's rights.
  response.headers.set("Content-Security-Policy",
                       "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  return response;
}

}  // namespace treadle::native
