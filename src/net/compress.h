// Content codings: gzip, deflate and zstd, bounded on the way in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace treadle::net {

// The decoded body; kResourceExhausted past `limit` bytes (a small body can unpack to gigabytes), kInvalidArgument when
// it is damaged, kUnimplemented for an unknown coding. An empty coding or "identity" gives the body back.
StatusOr<std::string> decode_body(std::string_view coding, std::string body, std::uint64_t limit);

// Compresses a text body in place when the client takes it and it is worth it.
void compress_response(std::string_view accept_encoding, Response& response);

StatusOr<std::string> gzip(std::string_view bytes, int level);

}  // namespace treadle::net
