// What a deployment did since the server started. Written by every request without locks, read by pages and scrapes.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace treadle::serving {

// Durations in buckets whose width is an eighth of their power of two: quantiles are right to 12 %.
class LatencyHistogram {
 public:
  void record(std::int64_t ns);
  // Nanoseconds (a bucket's middle); 0 when nothing was recorded.
  std::int64_t quantile(double q) const;

 private:
  static constexpr unsigned kSubBits = 3;
  static constexpr std::size_t kBuckets = (40u << kSubBits) + (1u << kSubBits);  // up to 2^40 ns, 18 minutes
  static std::size_t bucket_of(std::uint64_t ns);
  static std::int64_t middle_of(std::size_t bucket);

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

struct Duration {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};

// In the words of the Open Inference Protocol's statistics.
struct StatsSnapshot {
  std::uint64_t inference_count = 0;  // rows
  std::uint64_t execution_count = 0;  // requests that reached the model
  std::int64_t last_inference_ms = 0;
  Duration success, fail, compute_input, compute_infer, compute_output;
  std::int64_t p50_ns = 0, p99_ns = 0;
};

struct RequestTimes {
  std::int64_t input_ns = 0, infer_ns = 0, output_ns = 0;
};

class DeploymentStats {
 public:
  void succeeded(std::uint64_t rows, const RequestTimes& times, std::int64_t now_ms);
  void failed(std::int64_t ns);
  StatsSnapshot snapshot() const;

 private:
  struct Sum {
    std::atomic<std::uint64_t> count{0}, ns{0};
    void add(std::int64_t duration);
    Duration read() const;
  };
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::int64_t> last_ms_{0};
  Sum success_, fail_, input_, infer_, output_;
  LatencyHistogram latency_;
};

}  // namespace treadle::serving
