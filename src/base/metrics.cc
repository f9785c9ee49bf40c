#include "base/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/log.h"
#include "base/strings.h"

namespace treadle {
namespace {

[[noreturn]] void misuse(std::string_view what, std::string_view name) {
  log_error(what, {{"metric", name}});
  std::abort();
}

// Prometheus' names: letters, digits and underscores, not beginning with a digit (colons are for recording rules).
bool is_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    str_append(&out, value);
  }
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || (quotes && c == '"')) out += '\\';
      out += c;
    }
  }
}

void append_header(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  str_append(&out, "# HELP ", name, " ");
  append_escaped(out, help, false);
  str_append(&out, "\n# TYPE ", name, " ", type, "\n");
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out += name;
  if (!labels.empty()) str_append(&out, "{", labels, "}");
  out += ' ';
  append_number(out, value);
  out += '\n';
}

// a="1",b="2"
std::string label_text(const std::vector<std::string>& names, const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    str_append(&out, i == 0 ? "" : ",", names[i], "=\"");
    append_escaped(out, values[i], true);
    out += '"';
  }
  return out;
}

void append_metric(std::string& out, std::string_view name, const std::string& labels, const Counter& counter) {
  str_append(&out, name);
  if (!labels.empty()) str_append(&out, "{", labels, "}");
  str_append(&out, " ", counter.value(), "\n");
}

void append_metric(std::string& out, std::string_view name, const std::string& labels, const Gauge& gauge) {
  append_sample(out, name, labels, gauge.value());
}

void append_metric(std::string& out, std::string_view name, const std::string& labels, const Histogram& histogram) {
  const std::vector<std::uint64_t> counts = histogram.counts();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    str_append(&out, name, "_bucket{", labels, labels.empty() ? "" : ",", "le=\"");
    append_number(out, i < histogram.bounds().size() ? histogram.bounds()[i] : HUGE_VAL);
    str_append(&out, "\"} ", total, "\n");
  }
  append_sample(out, str_cat(name, "_sum"), labels, histogram.sum());
  append_sample(out, str_cat(name, "_count"), labels, static_cast<double>(total));
}

std::size_t hash_of(std::initializer_list<std::string_view> values) {
  std::size_t hash = 0;
  for (const std::string_view value : values) hash = hash * 1'000'003 + std::hash<std::string_view>()(value);
  return hash;
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
  std::vector<std::uint64_t> counts;
  counts.reserve(counts_.size());
  for (const auto& count : counts_) counts.push_back(count.load(std::memory_order_relaxed));
  return counts;
}

template <typename Metric>
struct MetricFamily<Metric>::Series {
  std::vector<std::string> values;
  std::string labels;
  std::unique_ptr<Metric> metric;
  Series* next = nullptr;
};

template <typename Metric>
MetricFamily<Metric>::MetricFamily(detail::MetricDescription description, Make make)
    : MetricFamilyBase(std::move(description)), make_(std::move(make)) {}

template <typename Metric>
MetricFamily<Metric>::~MetricFamily() = default;

template <typename Metric>
typename MetricFamily<Metric>::Series* MetricFamily<Metric>::find(Values values, std::size_t hash) const {
  Series* series = buckets_[hash % buckets_.size()].load(std::memory_order_acquire);
  while (series != nullptr && !std::equal(values.begin(), values.end(), series->values.begin())) series = series->next;
  return series;
}

template <typename Metric>
Metric& MetricFamily<Metric>::with(Values values) {
  if (values.size() != description_.labels.size()) misuse("a metric was given other labels", description_.name);
  const std::size_t hash = hash_of(values);
  if (const Series* series = find(values, hash)) return *series->metric;
  return add(values, hash);
}

template <typename Metric>
Metric& MetricFamily<Metric>::add(Values values, std::size_t hash) {
  const std::lock_guard lock(adding_);
  if (const Series* series = find(values, hash)) return *series->metric;
  auto added = std::make_unique<Series>();
  added->values.assign(values.begin(), values.end());
  if (series_.size() >= kMaxSeries) {
    // The first one over the limit stands for all that follow; its own place keeps later lookups by name apart.
    if (series_.size() > kMaxSeries) return *series_.back()->metric;
    added->values.assign(values.size(), "other");
  }
  added->labels = label_text(description_.labels, added->values);
  added->metric = make_();
  auto& bucket = buckets_[hash % buckets_.size()];
  added->next = bucket.load(std::memory_order_relaxed);
  bucket.store(added.get(), std::memory_order_release);
  series_.push_back(std::move(added));
  return *series_.back()->metric;
}

template <typename Metric>
void MetricFamily<Metric>::write(std::string& out) const {
  std::vector<const Series*> all;
  for (const auto& bucket : buckets_) {
    for (const Series* series = bucket.load(std::memory_order_acquire); series != nullptr; series = series->next) {
      all.push_back(series);
    }
  }
  if (all.empty()) return;
  std::sort(all.begin(), all.end(), [](const Series* a, const Series* b) { return a->labels < b->labels; });
  append_header(out, description_.name, description_.type, description_.help);
  for (const Series* series : all) append_metric(out, description_.name, series->labels, *series->metric);
}

template class MetricFamily<Counter>;
template class MetricFamily<Gauge>;
template class MetricFamily<Histogram>;

void MetricsWriter::sample(std::string_view name, std::string_view type, std::string_view help, double value) {
  append_header(out_, name, type, help);
  append_sample(out_, name, "", value);
}

template <typename Metric>
MetricFamily<Metric>& MetricsRegistry::family(detail::MetricDescription description,
                                              typename MetricFamily<Metric>::Make make) {
  if (!is_name(description.name)) misuse("not a metric name", description.name);
  for (const std::string& label : description.labels) {
    if (!is_name(label) || label == "le" || label.starts_with("__")) misuse("not a label name", label);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& known : families_) {
    if (known->description().name != description.name) continue;
    auto* same = dynamic_cast<MetricFamily<Metric>*>(known.get());
    if (same == nullptr || known->description().labels != description.labels) {
      misuse("a metric was registered twice, differently", description.name);
    }
    return *same;
  }
  auto added = std::make_unique<MetricFamily<Metric>>(std::move(description), std::move(make));
  auto& result = *added;
  families_.push_back(std::move(added));
  return result;
}

MetricFamily<Counter>& MetricsRegistry::counter(std::string_view name, std::string_view help, Labels labels) {
  return family<Counter>({std::string(name), std::string(help), "counter", std::move(labels)},
                         [] { return std::make_unique<Counter>(); });
}

MetricFamily<Gauge>& MetricsRegistry::gauge(std::string_view name, std::string_view help, Labels labels) {
  return family<Gauge>({std::string(name), std::string(help), "gauge", std::move(labels)},
                       [] { return std::make_unique<Gauge>(); });
}

MetricFamily<Histogram>& MetricsRegistry::histogram(std::string_view name, std::string_view help,
                                                    std::vector<double> bounds, Labels labels) {
  if (!std::is_sorted(bounds.begin(), bounds.end())) misuse("a histogram's bounds must ascend", name);
  return family<Histogram>({std::string(name), std::string(help), "histogram", std::move(labels)},
                           [bounds = std::move(bounds)] { return std::make_unique<Histogram>(bounds); });
}

void MetricsRegistry::add_collector(std::function<void(MetricsWriter&)> collector) {
  const std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

std::string MetricsRegistry::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& family : families_) family->write(out);
  MetricsWriter writer(out);
  for (const auto& collector : collectors_) collector(writer);
  return out;
}

}  // namespace treadle
