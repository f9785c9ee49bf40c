// Server-sent events as text, both ways (WHATWG HTML, section 9.2).
//
//   out += sse_event(to_text(json), str_cat(sequence));
//   parser.feed(bytes, [](const SseEvent& event) { …; return true; });
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace treadle::net {

// One event. `data` may have several lines; line breaks in `id` or `event` would begin other fields and are dropped.
std::string sse_event(std::string_view data, std::string_view id = "", std::string_view event = "");

struct SseEvent {
  std::string event = "message";
  std::string data;
  std::string id;
};

// Finds the events in a stream that arrives in pieces of any size.
class SseParser {
 public:
  // Calls `on_event` for every event that is complete; false when it returned false, and the rest is not looked at.
  bool feed(std::string_view piece, const std::function<bool(const SseEvent&)>& on_event);

 private:
  void take_line(std::string_view line);

  std::string rest_;  // of a line whose end has not come
  SseEvent event_;
  bool has_data_ = false;
};

}  // namespace treadle::net
