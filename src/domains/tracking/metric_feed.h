// Points as they are logged, for who looks on: a live chart, `treadle run tail`. Kept in memory only while somebody
// does, a bounded number per run whoever follows. A follower reads at its own pace from the place it has; when what
// came after that place is no longer kept (it was too slow, or the server began anew), it is told of the gap and reads
// the history.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domains/tracking/metric_points.h"
#include "domains/tracking/types.h"

namespace treadle::tracking {

// Thread-safe.
class MetricFeed {
 public:
  // Of one run; lives as long as somebody follows it or may come back to it.
  class Channel;

  struct KeyPoint {
    std::string key;
    Point point;
  };
  struct News {
    std::vector<KeyPoint> points;  // in the order they were committed in
    std::string place;             // after these; empty when there is nothing new
    bool gap = false;              // points before these are no longer here: read the history
    bool ended = false;            // the run was ended, and everything before that has been given
  };

  // Not thread-safe but for the wake.
  class Follower {
   public:
    Follower(std::shared_ptr<Channel> channel, std::string_view place);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    // What came since the last call, at most `limit` points. When there is nothing, `wake` is called once, from any
    // thread, as soon as there is.
    News next(std::size_t limit, const std::function<void()>& wake);

   private:
    std::shared_ptr<Channel> channel_;
    std::uint64_t sequence_;  // of the next point
    bool greeted_ = false;    // has been told its place
    bool gap_ = false;
    bool told_end_ = false;
  };

  // From `place`, which an earlier follower was given, or from now on when that is empty.
  std::unique_ptr<Follower> follow(const std::string& run, std::string_view place);

  // After their commit, in its order. Costs nothing while nobody follows.
  void logged(const std::string& run, const std::vector<Metric>& points);
  // A run may go on after it had ended.
  void status_changed(const std::string& run, RunStatus status);

 private:
  std::shared_ptr<Channel> find(const std::string& run);
  void forget_idle();

  std::atomic<bool> any_ = false;  // whether there is any channel
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Channel>, std::less<>> channels_;
  std::deque<std::string> order_;  // of the channels, the oldest first
};

}  // namespace treadle::tracking
