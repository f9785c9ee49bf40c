// Writing answers: text, files (sendfile, ranges) and streams.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <array>

#include "base/files.h"
#include "base/strings.h"
#include "net/connection.h"

namespace treadle::net {
namespace {

constexpr std::chrono::milliseconds kWriteTimeout{60'000};
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::size_t kSendfileChunk = 8u << 20;

std::string_view reason(int status) {
  const auto text = http::obsolete_reason(static_cast<http::status>(status));
  return {text.data(), text.size()};
}

struct Range {
  std::uint64_t first, count;
};

// "bytes=first-last", "bytes=first-" and "bytes=-suffix"; nullopt when it cannot be satisfied.
std::optional<Range> parse_range(std::string_view text, std::uint64_t size) {
  text.remove_prefix(std::string_view("bytes=").size());
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_int(text.substr(0, dash));
  const auto last = parse_int(text.substr(dash + 1));
  if (!first) {
    if (!last || *last <= 0 || size == 0) return std::nullopt;
    const std::uint64_t count = std::min<std::uint64_t>(static_cast<std::uint64_t>(*last), size);
    return Range{size - count, count};
  }
  const auto start = static_cast<std::uint64_t>(*first);
  if (*first < 0 || start >= size || (last && *last < *first)) return std::nullopt;
  const std::uint64_t end = last ? std::min<std::uint64_t>(static_cast<std::uint64_t>(*last), size - 1) : size - 1;
  return Range{start, end - start + 1};
}

}  // namespace

std::string response_head(const Response& response, std::string_view request_id, std::optional<std::uint64_t> length,
                          bool keep_alive) {
  std::string head = str_cat("HTTP/1.1 ", response.status, " ", reason(response.status), "\r\n");
  for (const auto& [name, value] : response.headers.all()) {
    // A line break in a value would begin another header.
    if (value.find_first_of("\r\n") == std::string::npos) str_append(&head, name, ": ", value, "\r\n");
  }
  if (length) str_append(&head, "Content-Length: ", *length, "\r\n");
  str_append(&head, "X-Request-Id: ", request_id,
             "\r\nX-Content-Type-Options: nosniff\r\nConnection: ", keep_alive ? "keep-alive" : "close", "\r\n\r\n");
  return head;
}

asio::awaitable<bool> Connection::write(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
  arm(kWriteTimeout);
  const auto [error, count] = co_await asio::async_write(socket_, buffers, with_error);
  disarm();
  bytes_out_ += count;
  co_return !error;
}

asio::awaitable<bool> Connection::send(Request& request, Response& response, bool keep_alive) {
  if (auto* file = std::get_if<FileBody>(&response.body)) {
    co_return co_await send_file(request, response, keep_alive, *file);
  }
  if (auto* source = std::get_if<std::unique_ptr<StreamSource>>(&response.body)) {
    co_await send_stream(request, response, **source);
    co_return false;
  }
  const std::string& body = std::get<std::string>(response.body);
  const bool bodiless = response.status == 204 || response.status == 304;
  const auto length = bodiless ? std::nullopt : std::optional<std::uint64_t>(body.size());
  const std::string head = response_head(response, request.id, length, keep_alive);
  const bool with_body = request.method != Method::kHead && !bodiless;
  co_return co_await write(head, with_body ? std::string_view(body) : std::string_view());
}

asio::awaitable<bool> Connection::send_file(const Request& request, Response& response, bool keep_alive,
                                            const FileBody& file) {
  const FileDescriptor opened(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (!opened.valid() || ::fstat(opened.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    response = error_response(not_found("the file is gone"));
    const std::string& body = std::get<std::string>(response.body);
    const std::string head = response_head(response, request.id, body.size(), keep_alive);
    co_return co_await write(head, body);
  }
  const std::uint64_t file_size = static_cast<std::uint64_t>(info.st_size);
  const std::uint64_t start = std::min(file_size, file.offset);
  const std::uint64_t size = std::min(file_size - start, file.length.value_or(file_size));  // of the part that is shown
  Range range{0, size};
  response.headers.set("Accept-Ranges", "bytes");
  const std::string_view wanted = request.headers.get("Range");
  const bool whole = response.status == 200 && request.method != Method::kHead;
  if (whole && wanted.starts_with("bytes=") && wanted.find(',') == std::string_view::npos) {
    const auto part = parse_range(wanted, size);
    response.status = part ? 206 : 416;
    response.headers.set("Content-Range",
                         part ? str_cat("bytes ", part->first, "-", part->first + part->count - 1, "/", size)
                              : str_cat("bytes */", size));
    range = part.value_or(Range{0, 0});
  }
  if (!co_await write(response_head(response, request.id, range.count, keep_alive), {})) co_return false;
  if (request.method == Method::kHead) co_return true;
  socket_.native_non_blocking(true);
  auto offset = static_cast<off_t>(start + range.first);
  const off_t end = offset + static_cast<off_t>(range.count);
  while (offset < end) {
    const auto chunk = std::min<std::size_t>(kSendfileChunk, static_cast<std::size_t>(end - offset));
    const ssize_t sent = ::sendfile(socket_.native_handle(), opened.get(), &offset, chunk);
    if (sent > 0) bytes_out_ += static_cast<std::uint64_t>(sent);
    if (sent == 0) co_return false;                                                  // the file was cut short under us
    if (sent > 0) co_await asio::post(socket_.get_executor(), asio::use_awaitable);  // let the others have a turn
    if (sent > 0 || errno == EINTR) continue;
    if (errno != EAGAIN) co_return false;
    arm(kWriteTimeout);
    const auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, with_error);
    disarm();
    if (error) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> Connection::send_stream(const Request& request, Response& response, StreamSource& source) {
  response.headers.set("Transfer-Encoding", "chunked");
  if (!co_await write(response_head(response, request.id, std::nullopt, false), {})) co_return false;
  if (request.method == Method::kHead) co_return false;
  const bool events = response.headers.get("Content-Type") == "text/event-stream";
  const auto send_chunk = [this](std::string_view piece) -> asio::awaitable<bool> {
    char size[20];
    const int digits = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    co_return co_await write(std::string_view(size, static_cast<std::size_t>(digits)), str_cat(piece, "\r\n"));
  };
  while (!stopping_) {
    std::string piece;
    const auto state = source.poll(piece, [wake = wake_] { wake->set(); });
    if (!piece.empty() && !co_await send_chunk(piece)) co_return false;
    if (state == StreamSource::State::kEnd) break;
    if (state == StreamSource::State::kData) continue;
    const bool woken = co_await wake_->wait(kHeartbeat);
    if (!woken && events && !co_await send_chunk(": still here\n\n")) co_return false;
  }
  co_return co_await write("0\r\n\r\n", {});
}

}  // namespace treadle::net
