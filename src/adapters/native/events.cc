#include "adapters/native/events.h"

#include <mutex>

#include "adapters/native/routing.h"
#include "net/sse.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

constexpr std::size_t kPage = 200;

Json to_json(const events::Event& event) {
  return {{"sequence", event.sequence},
          {"time_ms", event.time_ms},
          {"type", event.type},
          {"subject", event.subject},
          {"payload", event.payload}};
}

StatusOr<Json> list_events(events::EventLog& log, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t after, request.query.get_int("after", 0, 0, INT64_MAX));
  ASSIGN_OR_RETURN(const std::int64_t limit, request.query.get_int("limit", 100, 1, 10'000));
  ASSIGN_OR_RETURN(const auto events,
                   log.read(after, static_cast<std::size_t>(limit), request.query.get("type").value_or("")));
  Json list = Json::array();
  for (const auto& event : events) list.push_back(to_json(event));
  return Json{{"events", list}};
}

// Reads the log from its own place whenever the log says there is more.
class EventStream final : public net::StreamSource {
 public:
  EventStream(events::EventLog& log, std::int64_t after, std::string type)
      : log_(log), after_(after), type_(std::move(type)) {
    subscription_ = log_.subscribe([this] { wake_waiter(); });
  }

  State poll(std::string& out, const std::function<void()>& wake) override {
    {
      // Before reading, so that an event that comes while reading wakes us again.
      const std::lock_guard lock(mutex_);
      wake_ = wake;
    }
    const auto events = log_.next(after_, kPage, type_);
    if (!events.ok()) return State::kEnd;
    if (events->empty()) return State::kWait;
    for (const auto& event : *events) out += net::sse_event(to_text(to_json(event)), str_cat(event.sequence));
    return State::kData;
  }

 private:
  void wake_waiter() {
    std::function<void()> wake;
    {
      const std::lock_guard lock(mutex_);
      wake.swap(wake_);
    }
    if (wake) wake();
  }

  events::EventLog& log_;
  std::int64_t after_;
  const std::string type_;
  std::mutex mutex_;
  std::function<void()> wake_;
  std::unique_ptr<events::EventLog::Subscription> subscription_;  // last: its calls use everything above
};

}  // namespace

void add_event_routes(net::Router& router, events::EventLog& log) {
  router.add(Method::kGet, "/api/v1/events",
             json_handler([&log](Request& request) { return list_events(log, request); }));
  router.add(Method::kGet, "/api/v1/events/stream", [&log](Request& request) {
    auto after = request.query.get_int("after", 0, 0, INT64_MAX);
    if (!after.ok()) return net::error_response(after.status());
    // A browser that reconnects says which event it saw last.
    const auto last_seen = parse_int(request.headers.get("Last-Event-ID"));
    return net::Response::events(std::make_unique<EventStream>(log, last_seen.value_or(*after),
                                                               std::string(request.query.get("type").value_or(""))));
  });
}

}  // namespace treadle::native
