#include "adapters/native/metric_tail.h"

#include <algorithm>

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"
#include "net/sse.h"

namespace treadle::native {
namespace {

constexpr std::size_t kPointsPerEvent = 500;
constexpr std::size_t kMaxKeys = 100;

// Events: "ready" first, with what the follower missed; points without a name; "gap" when it was too slow; "end".
class MetricTail final : public net::StreamSource {
 public:
  MetricTail(std::unique_ptr<tracking::MetricFeed::Follower> follower, std::vector<std::string> keys)
      : follower_(std::move(follower)), keys_(std::move(keys)) {}

  State poll(std::string& out, const std::function<void()>& wake) override {
    if (ended_) return State::kEnd;
    while (true) {
      const tracking::MetricFeed::News news = follower_->next(kPointsPerEvent, wake);
      if (news.place.empty()) return State::kWait;
      if (!greeted_) {
        greeted_ = true;
        out += net::sse_event(to_text(Json{{"gap", news.gap}}), news.place, "ready");
        return State::kData;
      }
      if (news.gap) out += net::sse_event("{}", news.place, "gap");
      const Json points = wanted(news.points);
      if (!points.empty()) out += net::sse_event(to_text(Json{{"points", points}}), news.place);
      if (news.ended) out += net::sse_event("{}", news.place, "end");
      ended_ = news.ended;
      if (!out.empty()) return State::kData;
    }
  }

 private:
  Json wanted(const std::vector<tracking::MetricFeed::KeyPoint>& points) const {
    Json list = Json::array();
    for (const auto& [key, point] : points) {
      if (!keys_.empty() && std::find(keys_.begin(), keys_.end(), key) == keys_.end()) continue;
      list.push_back(
          {{"key", key}, {"step", point.step}, {"time_ms", point.time_ms}, {"value", number_form(point.value)}});
    }
    return list;
  }

  std::unique_ptr<tracking::MetricFeed::Follower> follower_;
  const std::vector<std::string> keys_;  // all when there are none
  bool greeted_ = false, ended_ = false;
};

StatusOr<std::unique_ptr<MetricTail>> open_tail(tracking::Service& tracking, const net::Request& request) {
  std::vector<std::string> keys;
  for (const std::string_view key : request.query.all("key")) keys.emplace_back(key);
  if (keys.size() > kMaxKeys)
    return invalid_field("key", "at most ", kMaxKeys, " keys can be followed by name; leave it out for all");
  ASSIGN_OR_RETURN(auto follower,
                   tracking.follow_metrics(std::string(request.param("id")), request.headers.get("Last-Event-ID")));
  return std::make_unique<MetricTail>(std::move(follower), std::move(keys));
}

}  // namespace

void add_metric_tail_route(net::Router& router, tracking::Service& tracking) {
  router.add(net::Method::kGet, "/api/v1/runs/{id}/metrics:tail", [&tracking](net::Request& request) {
    auto tail = open_tail(tracking, request);
    if (!tail.ok()) return net::error_response(tail.status());
    return net::Response::events(*std::move(tail));
  });
}

}  // namespace treadle::native
