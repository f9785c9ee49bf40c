#include "domains/tracking/metric_feed.h"

#include <algorithm>
#include <utility>

#include "base/ids.h"
#include "base/strings.h"

namespace treadle::tracking {
namespace {

// Points kept per run.
constexpr std::size_t kKept = 20'000;
// Runs kept for followers that may come back.
constexpr std::size_t kIdleChannels = 16;

}  // namespace

class MetricFeed::Channel {
 public:
  void add(const std::vector<Metric>& points) {
    {
      const std::lock_guard lock(mutex_);
      for (const Metric& metric : points) {
        points_.push_back({metric.key, {metric.step, metric.time_ms, storable_value(metric.value)}});
      }
      while (points_.size() > kKept) {
        points_.pop_front();
        ++first_;
      }
    }
    wake_all();
  }

  void set_ended(bool ended) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = ended;
    }
    if (ended) wake_all();
  }

  // The sequence that the place names; nullopt when it is another channel's, or of one that is no longer.
  std::optional<std::uint64_t> find(std::string_view place) const {
    const auto dot = place.find('.');
    if (dot == std::string_view::npos || place.substr(0, dot) != name_) return std::nullopt;
    const auto sequence = parse_int(place.substr(dot + 1));
    const std::lock_guard lock(mutex_);
    if (!sequence || *sequence < 0 || static_cast<std::uint64_t>(*sequence) > end()) return std::nullopt;
    return static_cast<std::uint64_t>(*sequence);
  }
  std::string place_of(std::uint64_t sequence) const { return str_cat(name_, ".", sequence); }
  std::uint64_t now() const {
    const std::lock_guard lock(mutex_);
    return end();
  }

  // Puts points from `sequence` on into `news`, moves it, and leaves `wake` when there are none.
  void read(std::uint64_t& sequence, std::size_t limit, News& news, bool told_end, const Follower* who,
            const std::function<void()>& wake) {
    const std::lock_guard lock(mutex_);
    news.gap = sequence < first_;
    if (news.gap) sequence = first_;
    const auto from = points_.begin() + static_cast<std::ptrdiff_t>(sequence - first_);
    const std::size_t count = std::min(limit, static_cast<std::size_t>(points_.end() - from));
    news.points.assign(from, from + static_cast<std::ptrdiff_t>(count));
    sequence += count;
    news.ended = ended_ && sequence == end() && !told_end;
    if (count == 0 && !news.gap && !news.ended) waiting_[who] = wake;
  }

  void leave(const Follower* who) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(who);
  }

 private:
  std::uint64_t end() const { return first_ + points_.size(); }

  void wake_all() {
    std::map<const Follower*, std::function<void()>> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
    }
    for (const auto& [who, wake] : waiting) wake();
  }

  const std::string name_ = new_hex_id().substr(0, 12);
  mutable std::mutex mutex_;
  std::deque<KeyPoint> points_;
  std::uint64_t first_ = 0;  // sequence of the first point kept
  bool ended_ = false;
  std::map<const Follower*, std::function<void()>> waiting_;
};

MetricFeed::Follower::Follower(std::shared_ptr<Channel> channel, std::string_view place)
    : channel_(std::move(channel)), sequence_(channel_->now()) {
  if (place.empty()) return;
  const auto known = channel_->find(place);
  gap_ = !known;
  if (known) sequence_ = *known;
}

MetricFeed::Follower::~Follower() { channel_->leave(this); }

MetricFeed::News MetricFeed::Follower::next(std::size_t limit, const std::function<void()>& wake) {
  News news;
  if (!std::exchange(greeted_, true)) {
    news.place = channel_->place_of(sequence_);
    news.gap = gap_;
    return news;
  }
  channel_->read(sequence_, limit, news, told_end_, this, wake);
  if (news.ended) told_end_ = true;
  if (!news.points.empty() || news.gap || news.ended) news.place = channel_->place_of(sequence_);
  return news;
}

std::unique_ptr<MetricFeed::Follower> MetricFeed::follow(const std::string& run, std::string_view place) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[run];
  if (!channel) {
    channel = std::make_shared<Channel>();
    order_.push_back(run);
    any_ = true;
  }
  auto follower = std::make_unique<Follower>(channel, place);
  forget_idle();
  return follower;
}

void MetricFeed::logged(const std::string& run, const std::vector<Metric>& points) {
  if (!any_ || points.empty()) return;
  if (const auto channel = find(run)) channel->add(points);
}

void MetricFeed::status_changed(const std::string& run, RunStatus status) {
  if (!any_) return;
  if (const auto channel = find(run)) channel->set_ended(has_ended(status));
}

std::shared_ptr<MetricFeed::Channel> MetricFeed::find(const std::string& run) {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(run);
  return found == channels_.end() ? nullptr : found->second;
}

// The oldest that nobody follows; under mutex_.
void MetricFeed::forget_idle() {
  for (auto run = order_.begin(); run != order_.end() && channels_.size() > kIdleChannels;) {
    const auto channel = channels_.find(*run);
    if (channel->second.use_count() > 1) {
      ++run;
      continue;
    }
    channels_.erase(channel);
    run = order_.erase(run);
  }
}

}  // namespace treadle::tracking
