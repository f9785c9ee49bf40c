#include "adapters/mlflow/signed_urls.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

constexpr std::string_view kKey = "signing/key";

Status refused(std::string_view why) { return {StatusCode::kPermissionDenied, str_cat("this URL ", why)}; }

}  // namespace

StatusOr<std::string> SignedUrls::key() {
  auto known = blobs_.get(kKey, 1024);
  if (known.ok() || known.status().code() != StatusCode::kNotFound) return known;
  // Of two that make one at once the last one's stays; the other's URL is refused and its client asks again.
  RETURN_IF_ERROR(blobs_.put(kKey, str_cat(new_hex_id(), new_hex_id())));
  return blobs_.get(kKey, 1024);
}

std::string SignedUrls::signature(std::string_view key, net::Method method, std::string_view path,
                                  std::int64_t ends_s) const {
  return hmac_sha256_hex(key, str_cat(net::to_string(method), "\n", path, "\n", ends_s));
}

StatusOr<std::string> SignedUrls::make(const net::Request& request, net::Method method, std::string_view path,
                                       std::int64_t seconds) {
  if (seconds < 1 || seconds > kMaxSeconds) {
    return invalid("expiration must be between 1 and ", kMaxSeconds, " seconds (got ", seconds, ").");
  }
  ASSIGN_OR_RETURN(const std::string secret, key());
  const std::int64_t ends_s = clock_.now_ms() / 1000 + seconds;
  const std::string_view scheme = request.headers.get("X-Forwarded-Proto") == "https" ? "https" : "http";
  return str_cat(scheme, "://", request.headers.get("Host"), net::percent_encode(path, "/"), "?expires=", ends_s,
                 "&signature=", signature(secret, method, path, ends_s));
}

Status SignedUrls::check(const net::Request& request) {
  const auto ends_s = parse_int(request.query.get("expires").value_or(""));
  const auto given = request.query.get("signature");
  if (!ends_s || !given) return refused("carries no signature");
  ASSIGN_OR_RETURN(const std::string secret, key());
  if (!equal_in_constant_time(signature(secret, request.method, request.path, *ends_s), *given)) {
    return refused("was not made by this server, or for something else");
  }
  if (*ends_s * 1000 <= clock_.now_ms()) return refused("has ended; ask for a new one");
  return ok_status();
}

}  // namespace treadle::mlflow
