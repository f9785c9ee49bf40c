// HTTP as values: what a handler receives and returns. Nothing here knows Beast.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace treadle::net {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };
std::string_view to_string(Method method);

// Header fields in order; names compare without case.
class Headers {
 public:
  void set(std::string_view name, std::string_view value);  // replaces
  void add(std::string_view name, std::string_view value);
  // The first value, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A request body that is read as it arrives. Worker threads only: read() blocks, bounded by the route's timeout.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Bytes put into `buffer`, 0 at the end; kCancelled when the client went away, kDeadlineExceeded when it is too slow,
  // kResourceExhausted past the route's body limit.
  virtual StatusOr<std::size_t> read(char* buffer, std::size_t size) = 0;
  // What Content-Length said, if anything.
  virtual std::optional<std::uint64_t> length() const = 0;
};

// Decoded "a=1&b=2" pairs in order.
class Query {
 public:
  static Query parse(std::string_view text);
  std::optional<std::string_view> get(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  // Missing gives `fallback`; not an integer or outside [low, high] is an invalid_field error.
  StatusOr<std::int64_t> get_int(std::string_view name, std::int64_t fallback, std::int64_t low,
                                 std::int64_t high) const;
  StatusOr<bool> get_bool(std::string_view name, bool fallback) const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

struct Request {
  Method method = Method::kGet;
  std::string path;  // percent-decoded, no query; never contains "..", NUL or a backslash
  Query query;
  Headers headers;
  std::string body;              // whole and decompressed, unless the route streams
  BodyReader* stream = nullptr;  // set only on routes with stream_body
  std::string id;                // request id: the client's X-Request-Id when sane, else new; echoed and logged
  std::string remote;            // client address
  std::string user;              // who asks; set by the router's guard, empty without one
  std::vector<std::pair<std::string, std::string>> path_params;

  // A `{name}` of the route's pattern; empty when the pattern has none of that name.
  std::string_view param(std::string_view name) const;
  // The body as a JSON object; {} when empty.
  StatusOr<Json> json() const { return parse_json_object(body); }
};

// Part of a file, sent without passing through user space where the system can.
struct FileBody {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;  // to the end when empty
};

// A body produced over time (server-sent events, large exports). The connection asks; the source never blocks.
class StreamSource {
 public:
  enum class State { kData, kWait, kEnd };
  virtual ~StreamSource() = default;
  // kData: `out` holds the next piece. kWait: nothing yet; the source calls `wake` once, from any thread, when it is
  // worth asking again. kEnd: finished. Called from an I/O thread, so it must return at once.
  virtual State poll(std::string& out, const std::function<void()>& wake) = 0;
};

struct Response {
  int status = 200;
  Headers headers;
  std::variant<std::string, FileBody, std::unique_ptr<StreamSource>> body;

  static Response text(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");
  static Response json(const Json& value, int status = 200);
  // Serialised JSON text, for hot paths that wrote it themselves.
  static Response json_text(std::string body, int status = 200);
  static Response file(std::filesystem::path path, std::string_view content_type);
  // text/event-stream; comments keep the connection alive.
  static Response events(std::unique_ptr<StreamSource> source);
  static Response redirect(std::string_view location, int status = 302);
};

// The usual HTTP status for a code (see base/status.h).
int http_status(StatusCode code);
// The native API's error form: {"error":{"code":"NOT_FOUND","message":"…","field":"…"}}; `request_id` is added by the
// server's header.
Response error_response(const Status& status);

// MIME type from a file name's ending; "application/octet-stream" when unknown.
std::string_view content_type_for(std::string_view file_name);
std::string percent_decode(std::string_view text);
// Everything but unreserved characters and `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = "");

}  // namespace treadle::net
