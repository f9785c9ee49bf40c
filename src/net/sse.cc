#include "net/sse.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace treadle::net {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  str_append(&out, name, ": ");
  std::copy_if(value.begin(), value.end(), std::back_inserter(out), [](char c) { return c != '\n' && c != '\r'; });
  out += '\n';
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string sse_event(std::string_view data, std::string_view id, std::string_view event) {
  std::string out;
  append_field(out, "id", id);
  append_field(out, "event", event);
  for (const std::string_view line : split(data, '\n')) str_append(&out, "data: ", without_return(line), "\n");
  out += '\n';
  return out;
}

bool SseParser::feed(std::string_view piece, const std::function<bool(const SseEvent&)>& on_event) {
  rest_ += piece;
  std::size_t start = 0, end = 0;
  bool go_on = true;
  while (go_on && (end = rest_.find('\n', start)) != std::string::npos) {
    const std::string_view line = without_return(std::string_view(rest_).substr(start, end - start));
    start = end + 1;
    if (!line.empty()) {
      take_line(line);
      continue;
    }
    const SseEvent event = std::exchange(event_, {});
    if (std::exchange(has_data_, false)) go_on = on_event(event);
  }
  rest_.erase(0, start);
  return go_on;
}

void SseParser::take_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_.event = value;
  if (name == "id") event_.id = value;
  if (name == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  }
}

}  // namespace treadle::net
