#include "net/static_files.h"

namespace treadle::net {
namespace {

// The page needs nothing from elsewhere, so nothing from elsewhere is allowed.
constexpr std::string_view kPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

}  // namespace

Response StaticFiles::answer(const Request& request) const {
  auto it = files_.find(request.path);
  const bool is_page = request.path.rfind('.') == std::string::npos || request.path.ends_with('/');
  if (it == files_.end() && is_page) it = files_.find("/index.html");
  if (it == files_.end()) return error_response(not_found("there is nothing at ", request.path));
  const StaticFile& file = it->second;
  Response response;
  response.headers.set("Content-Type", file.content_type);
  response.headers.set("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("ETag", file.etag);
  response.headers.set("Content-Security-Policy", kPolicy);
  response.headers.set("Vary", "Accept-Encoding");
  if (request.headers.get("If-None-Match") == file.etag) {
    response.status = 304;
    return response;
  }
  const bool packed =
      !file.gzip_bytes.empty() && request.headers.get("Accept-Encoding").find("gzip") != std::string_view::npos;
  if (packed) response.headers.set("Content-Encoding", "gzip");
  response.body = std::string(packed ? file.gzip_bytes : file.bytes);
  return response;
}

}  // namespace treadle::net
