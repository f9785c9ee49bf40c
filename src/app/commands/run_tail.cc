#include "app/commands/run_tail.h"

#include <chrono>
#include <thread>

#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

// The server sends a comment more often than that.
constexpr auto kSilence = std::chrono::seconds(60);
// Attempts in a row that bring nothing, a second apart.
constexpr int kAttempts = 30;

class Tail {
 public:
  explicit Tail(Io& io) : io_(io) {}

  // False when there is nothing more to come.
  bool take(const net::SseEvent& event) {
    if (!event.id.empty()) place_ = event.id;
    failures_ = 0;
    if (event.event == "end") ended_ = true;
    const auto data = parse_json_object(event.data);
    if (event.event == "gap" || (event.event == "ready" && data.ok() && data->value("gap", false))) {
      io_.warn("some points came while nobody could be told; the run's page and its history have them");
    }
    if (event.event == "message" && data.ok()) show(list_of(*data, "points"));
    return !ended_;
  }

  bool ended() const { return ended_; }
  net::Headers place() const {
    net::Headers headers;
    if (!place_.empty()) headers.set("Last-Event-ID", place_);
    return headers;
  }
  bool give_up() { return ++failures_ > kAttempts; }

 private:
  // Points of one step in one line.
  void show(const Json& points) {
    std::string line;
    std::string step;
    for (const Json& point : points) {
      if (io_.json()) io_.raw(to_text(point) + "\n");  // a line each: programs read them as they come
      const std::string at = text_of(point, "step");
      if (at != step && !line.empty()) io_.say(std::exchange(line, ""));
      if (line.empty()) line = str_cat("step ", at);
      step = at;
      str_append(&line, "  ", one_line(text_of(point, "key"), 60), "=",
                 point["value"].is_number() ? number_of(point, "value", 6) : text_of(point, "value"));
    }
    if (!line.empty()) io_.say(line);
  }

  Io& io_;
  std::string place_;
  bool ended_ = false;
  int failures_ = 0;
};

bool may_pass(const Status& status) {
  return status.ok() || status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDeadlineExceeded ||
         status.code() == StatusCode::kCancelled;
}

}  // namespace

Status tail_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string id, run_id(client, args.get("run")));
  std::string target = run_path(id) + "/metrics:tail";
  char mark = '?';
  for (const std::string& key : args.all("key")) {
    target += mark;
    str_append(&target, "key=", net::percent_encode(key));
    mark = '&';
  }
  Tail tail(io);
  while (!tail.ended()) {
    Status status = client.events(
        target, [&](const net::SseEvent& event) { return tail.take(event); }, kSilence, tail.place());
    if (tail.ended()) break;
    if (!may_pass(status) || tail.give_up()) return status;
    io.progress("the server does not answer; trying again");
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  ASSIGN_OR_RETURN(const Json run, client.get_json(run_path(id)));
  io.say(str_cat(text_of(run, "name"), "  ", text_of(run, "status")));
  return ok_status();
}

}  // namespace treadle::app
