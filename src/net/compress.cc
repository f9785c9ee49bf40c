#include "net/compress.h"

#include <zlib.h>
#include <zstd.h>

#include <memory>

#include "base/strings.h"

namespace treadle::net {
namespace {

constexpr std::size_t kWorthwhile = 1024;
constexpr int kFastZstd = 1;
constexpr int kMaxZstdWindowLog = 23;  // 8 MiB, what RFC 9659 allows senders
constexpr int kGzipWindow = 15 + 16;
constexpr int kDetectWindow = 15 + 32;  // gzip or zlib, by its header

Status too_large(std::uint64_t limit) {
  return resource_exhausted("the decompressed body has more than ", limit, " bytes");
}

StatusOr<std::string> inflate_body(std::string_view body, std::uint64_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kDetectWindow) != Z_OK) return internal_error("zlib cannot start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  char buffer[65536];
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END) return invalid("the compressed body is damaged or cut short");
    out.append(buffer, sizeof buffer - stream.avail_out);
    if (out.size() > limit) return too_large(limit);
  }
  return out;
}

StatusOr<std::string> unzstd_body(std::string_view body, std::uint64_t limit) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  // The window is memory that the sender asks for.
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  std::string out;
  char buffer[65536];
  std::size_t left = 1;
  bool full = false;  // then there may be more inside, even when all input is taken
  while (in.pos < in.size || full) {
    ZSTD_outBuffer piece{buffer, sizeof buffer, 0};
    left = ZSTD_decompressStream(context.get(), &piece, &in);
    if (ZSTD_isError(left)) return invalid("the zstd body is damaged: ", ZSTD_getErrorName(left));
    full = piece.pos == sizeof buffer && left != 0;
    out.append(buffer, piece.pos);
    if (out.size() > limit) return too_large(limit);
  }
  if (left != 0) return invalid("the zstd body is cut short");
  return out;
}

bool compressible(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") || type.starts_with("application/yaml") ||
         type.starts_with("image/svg");
}

// Whether "gzip, zstd;q=0" and the like name `coding` with a weight above zero.
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  for (const std::string_view part : split(accept_encoding, ',')) {
    const auto pieces = split(part, ';');
    if (!equals_ignore_case(trim(pieces[0]), coding)) continue;
    const std::string_view weight = pieces.size() > 1 ? trim(pieces[1]) : std::string_view();
    return !weight.starts_with("q=") || parse_double(weight.substr(2)).value_or(0) > 0;
  }
  return false;
}

StatusOr<std::string> zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kFastZstd);
  if (ZSTD_isError(size)) return internal_error("zstd: ", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

}  // namespace

StatusOr<std::string> decode_body(std::string_view coding, std::string body, std::uint64_t limit) {
  const std::string name = to_lower(trim(coding));
  if (name.empty() || name == "identity") return body;
  if (name == "gzip" || name == "x-gzip" || name == "deflate") return inflate_body(body, limit);
  if (name == "zstd") return unzstd_body(body, limit);
  return unimplemented("Content-Encoding \"", coding, "\" is not supported; use gzip, deflate, zstd or none");
}

StatusOr<std::string> gzip(std::string_view bytes, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return internal_error("zlib cannot start");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, deflateEnd);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return internal_error("zlib did not finish");
  out.resize(stream.total_out);
  return out;
}

void compress_response(std::string_view accept_encoding, Response& response) {
  auto* body = std::get_if<std::string>(&response.body);
  if (body == nullptr || body->size() < kWorthwhile || response.headers.has("Content-Encoding")) return;
  if (!compressible(response.headers.get("Content-Type"))) return;
  response.headers.set("Vary", "Accept-Encoding");
  const std::string_view coding = accepts(accept_encoding, "zstd")   ? "zstd"
                                  : accepts(accept_encoding, "gzip") ? "gzip"
                                                                     : "";
  if (coding.empty()) return;
  auto packed = coding == "zstd" ? zstd(*body) : gzip(*body, 1);
  if (!packed.ok() || packed->size() >= body->size()) return;
  *body = std::move(*packed);
  response.headers.set("Content-Encoding", coding);
}

}  // namespace treadle::net
