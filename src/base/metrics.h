// Numbers about the running program, in Prometheus' text form.
//
//   MetricsRegistry metrics;
//   auto& logged = metrics.counter("treadle_predictions_total", "Predictions logged.", {"deployment"});
//   logged.with({"energy-demand"}).add(48);
//   metrics.text();  // # HELP … # TYPE … treadle_predictions_total{deployment="energy-demand"} 48
//
// Counting takes no lock: one atomic addition, plus a hash lookup where `with` is called each time. Registering the
// same name again gives the same family; with another type or other labels, or with a name Prometheus does not take, it
// is a programming error and aborts. All functions are thread-safe; references live as long as the registry.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace treadle {

class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

class Histogram {
 public:
  // `bounds` ascend; a value equal to a bound falls into its bucket. The bucket +Inf is always there.
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  const std::vector<double>& bounds() const { return bounds_; }
  // Observations per bucket, not cumulative; the last one is +Inf's.
  std::vector<std::uint64_t> counts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

namespace detail {

struct MetricDescription {
  std::string name, help;
  std::string_view type;
  std::vector<std::string> labels;
};

class MetricFamilyBase {
 public:
  explicit MetricFamilyBase(MetricDescription description) : description_(std::move(description)) {}
  virtual ~MetricFamilyBase() = default;
  virtual void write(std::string& out) const = 0;
  const MetricDescription& description() const { return description_; }

 protected:
  const MetricDescription description_;
};

}  // namespace detail

// One metric name with a series per combination of label values.
template <typename Metric>
class MetricFamily final : public detail::MetricFamilyBase {
 public:
  using Values = std::initializer_list<std::string_view>;
  using Make = std::function<std::unique_ptr<Metric>()>;
  // More series than this would make scrapes and memory grow without bound; further ones are counted as "other".
  static constexpr std::size_t kMaxSeries = 2000;

  MetricFamily(detail::MetricDescription description, Make make);
  ~MetricFamily() override;
  // As many values as the family has labels, in their order; anything else aborts.
  Metric& with(Values values);
  void write(std::string& out) const override;

 private:
  struct Series;
  Series* find(Values values, std::size_t hash) const;
  Metric& add(Values values, std::size_t hash);

  const Make make_;
  // Series are only ever put in front of their bucket's list and never removed, so that readers need no lock.
  std::array<std::atomic<Series*>, 64> buckets_{};
  std::mutex adding_;
  std::vector<std::unique_ptr<Series>> series_;  // owns; under adding_
};

// What a collector writes to: values that are looked up when somebody asks instead of being kept.
class MetricsWriter {
 public:
  explicit MetricsWriter(std::string& out) : out_(out) {}
  // `type` is "gauge" or "counter".
  void sample(std::string_view name, std::string_view type, std::string_view help, double value);

 private:
  std::string& out_;
};

class MetricsRegistry {
 public:
  using Labels = std::vector<std::string>;

  MetricFamily<Counter>& counter(std::string_view name, std::string_view help, Labels labels = {});
  MetricFamily<Gauge>& gauge(std::string_view name, std::string_view help, Labels labels = {});
  MetricFamily<Histogram>& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                                     Labels labels = {});
  // Called at every text(); must be quick and must not use the registry.
  void add_collector(std::function<void(MetricsWriter&)> collector);
  // The text exposition format, version 0.0.4, families in the order they were registered.
  std::string text() const;

 private:
  template <typename Metric>
  MetricFamily<Metric>& family(detail::MetricDescription description, typename MetricFamily<Metric>::Make make);

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<detail::MetricFamilyBase>> families_;
  std::vector<std::function<void(MetricsWriter&)>> collectors_;
};

}  // namespace treadle
