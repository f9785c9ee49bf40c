#include "domains/serving/stats.h"

#include <algorithm>
#include <cmath>

namespace treadle::serving {

std::size_t LatencyHistogram::bucket_of(std::uint64_t ns) {
  constexpr std::uint64_t kSub = 1u << kSubBits;
  if (ns < kSub) return ns;
  const unsigned exponent = std::bit_width(ns) - 1;
  const std::uint64_t sub = (ns >> (exponent - kSubBits)) - kSub;
  return std::min<std::size_t>(((exponent - kSubBits + 1) << kSubBits) + sub, kBuckets - 1);
}

std::int64_t LatencyHistogram::middle_of(std::size_t bucket) {
  constexpr std::uint64_t kSub = 1u << kSubBits;
  if (bucket < kSub) return static_cast<std::int64_t>(bucket);
  const unsigned shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
  const std::uint64_t low = (kSub + (bucket & (kSub - 1))) << shift;
  return static_cast<std::int64_t>(low + ((1ull << shift) >> 1));
}

void LatencyHistogram::record(std::int64_t ns) {
  counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)))].fetch_add(1, std::memory_order_relaxed);
}

std::int64_t LatencyHistogram::quantile(double q) const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
  if (total == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i].load(std::memory_order_relaxed);
    if (seen >= std::max<std::uint64_t>(rank, 1)) return middle_of(i);
  }
  return middle_of(kBuckets - 1);
}

void DeploymentStats::Sum::add(std::int64_t duration) {
  count.fetch_add(1, std::memory_order_relaxed);
  ns.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(duration, 0)), std::memory_order_relaxed);
}

Duration DeploymentStats::Sum::read() const {
  return {count.load(std::memory_order_relaxed), ns.load(std::memory_order_relaxed)};
}

void DeploymentStats::succeeded(std::uint64_t rows, const RequestTimes& times, std::int64_t now_ms) {
  const std::int64_t total = times.input_ns + times.infer_ns + times.output_ns;
  rows_.fetch_add(rows, std::memory_order_relaxed);
  last_ms_.store(now_ms, std::memory_order_relaxed);
  success_.add(total);
  input_.add(times.input_ns);
  infer_.add(times.infer_ns);
  output_.add(times.output_ns);
  latency_.record(total);
}

void DeploymentStats::failed(std::int64_t ns) { fail_.add(ns); }

StatsSnapshot DeploymentStats::snapshot() const {
  StatsSnapshot out;
  out.inference_count = rows_.load(std::memory_order_relaxed);
  out.last_inference_ms = last_ms_.load(std::memory_order_relaxed);
  out.success = success_.read();
  out.fail = fail_.read();
  out.compute_input = input_.read();
  out.compute_infer = infer_.read();
  out.compute_output = output_.read();
  out.execution_count = out.compute_infer.count;
  out.p50_ns = latency_.quantile(0.5);
  out.p99_ns = latency_.quantile(0.99);
  return out;
}

}  // namespace treadle::serving
