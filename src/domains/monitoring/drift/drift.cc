#include "domains/monitoring/drift/drift.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "domains/monitoring/drift/distributions.h"

namespace treadle::monitoring {
namespace {

struct MethodEntry {
  DriftMethod method;
  std::string_view name;
  double threshold;
  double (*score)(std::span<const double>, std::span<const double>);
  bool (*drifted)(double score, double threshold);
};

bool at_least(double score, double threshold) { return score >= threshold; }
bool at_most(double score, double threshold) { return score <= threshold; }
bool below(double score, double threshold) { return score < threshold; }

constexpr MethodEntry kMethods[] = {
    {DriftMethod::kWasserstein, "wasserstein", 0.1, wasserstein_normed, at_least},
    {DriftMethod::kJensenShannon, "jensenshannon", 0.1, jensen_shannon, at_least},
    {DriftMethod::kPsi, "psi", 0.1, psi, at_least},
    {DriftMethod::kKs, "ks", 0.05, ks_p_value, at_most},
    {DriftMethod::kChiSquare, "chisquare", 0.05, chi_square_p_value, below},
    {DriftMethod::kZ, "z", 0.05, z_p_value, below},
};

constexpr std::size_t kSmallSample = 1000;
constexpr std::size_t kFewDistinct = 5;
constexpr std::size_t kBinnedAbove = 20;

const MethodEntry& entry_of(DriftMethod method) {
  return *std::find_if(std::begin(kMethods), std::end(kMethods),
                       [&](const MethodEntry& entry) { return entry.method == method; });
}

std::vector<double> finite_sorted(std::span<const double> values) {
  std::vector<double> kept;
  kept.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), [](double x) { return std::isfinite(x); });
  std::sort(kept.begin(), kept.end());
  return kept;
}

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

std::size_t distinct(std::span<const double> ordered) {
  std::size_t count = ordered.empty() ? 0 : 1;
  for (std::size_t i = 1; i < ordered.size(); ++i) count += ordered[i] != ordered[i - 1];
  return count;
}

// How many of each sample fall on each value that either has.
std::map<double, std::pair<double, double>> count_values(std::span<const double> reference,
                                                         std::span<const double> current) {
  std::map<double, std::pair<double, double>> counts;
  for (const double x : reference) counts[x].first += 1;
  for (const double x : current) counts[x].second += 1;
  return counts;
}

struct Shares {
  std::vector<double> reference, current;
};

std::vector<double> histogram(std::span<const double> values, double low, double high, std::size_t bins) {
  std::vector<double> shares(bins, 0.0);
  const double width = (high - low) / static_cast<double>(bins);
  for (const double x : values) {
    auto bin = std::min(static_cast<std::size_t>((x - low) / width), bins - 1);
    // Against the rounding of the division, by the edges themselves.
    if (bin > 0 && x < low + static_cast<double>(bin) * width) --bin;
    if (bin + 1 < bins && x >= low + static_cast<double>(bin + 1) * width) ++bin;
    shares[bin] += 1;
  }
  for (double& share : shares) share /= static_cast<double>(values.size());
  return shares;
}

// Sturges' bins over both samples when the reference is rich, else one bin per value.
Shares binned(std::span<const double> reference, std::span<const double> current) {
  const std::vector<double> ordered = sorted(reference);
  Shares shares;
  if (distinct(ordered) > kBinnedAbove) {
    const auto [low, high] = std::minmax_element(current.begin(), current.end());
    const double from = std::min(ordered.front(), *low), to = std::max(ordered.back(), *high);
    const auto bins =
        static_cast<std::size_t>(std::ceil(std::log2(static_cast<double>(reference.size() + current.size())) + 1));
    shares.reference = histogram(reference, from, to, bins);
    shares.current = histogram(current, from, to, bins);
    return shares;
  }
  for (const auto& [value, counts] : count_values(reference, current)) {
    shares.reference.push_back(counts.first / static_cast<double>(reference.size()));
    shares.current.push_back(counts.second / static_cast<double>(current.size()));
  }
  return shares;
}

// Logarithms need every bin filled a little.
void fill_empty(std::vector<double>& shares) {
  double smallest = 1;
  for (const double share : shares) {
    if (share > 0) smallest = std::min(smallest, share);
  }
  const double filler = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  for (double& share : shares) {
    if (share == 0) share = filler;
  }
}

}  // namespace

std::string_view to_string(DriftMethod method) { return entry_of(method).name; }

StatusOr<DriftMethod> parse_drift_method(std::string_view name) {
  std::vector<std::string> names;
  for (const MethodEntry& entry : kMethods) {
    if (entry.name == name) return entry.method;
    names.emplace_back(entry.name);
  }
  return invalid_field("method", "is \"", name, "\", must be one of ", join(names, ", "));
}

DriftMethod choose_method(std::span<const double> reference) {
  const std::vector<double> ordered = finite_sorted(reference);
  const std::size_t values = distinct(ordered);
  if (ordered.size() > kSmallSample) {
    return values > kFewDistinct ? DriftMethod::kWasserstein : DriftMethod::kJensenShannon;
  }
  if (values > kFewDistinct) return DriftMethod::kKs;
  return values > 2 ? DriftMethod::kChiSquare : DriftMethod::kZ;
}

StatusOr<Drift> compare(std::span<const double> reference, std::span<const double> current,
                        std::optional<DriftMethod> method, std::optional<double> threshold) {
  const std::vector<double> from = finite_sorted(reference);
  const std::vector<double> to = finite_sorted(current);
  if (from.empty()) return invalid_field("reference", "holds no finite value; drift needs at least one");
  if (to.empty()) return invalid_field("current", "holds no finite value; drift needs at least one");
  DriftMethod chosen = method.value_or(choose_method(from));
  if (chosen == DriftMethod::kZ && count_values(from, to).size() > 2) {
    if (method) return invalid_field("method", "z compares two values, the samples hold more; use chisquare");
    chosen = DriftMethod::kChiSquare;  // the current sample brought a new value
  }
  const MethodEntry& entry = entry_of(chosen);
  const double limit = threshold.value_or(entry.threshold);
  const double score = entry.score(from, to);
  return Drift{std::string(entry.name), score, limit, entry.drifted(score, limit)};
}

double wasserstein_normed(std::span<const double> reference, std::span<const double> current) {
  const std::vector<double> a = sorted(reference), b = sorted(current);
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  // The area between the two cumulative curves.
  double area = 0, previous = std::min(a.front(), b.front());
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double next = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    area += std::abs(static_cast<double>(i) / n - static_cast<double>(j) / m) * (next - previous);
    while (i < a.size() && a[i] == next) ++i;
    while (j < b.size() && b[j] == next) ++j;
    previous = next;
  }
  double mean = 0, squares = 0;
  for (const double x : a) mean += x / n;
  for (const double x : a) squares += (x - mean) * (x - mean);
  return area / std::max(std::sqrt(squares / n), 0.001);
}

double jensen_shannon(std::span<const double> reference, std::span<const double> current) {
  const Shares shares = binned(reference, current);
  double divergence = 0;
  for (std::size_t i = 0; i < shares.reference.size(); ++i) {
    const double p = shares.reference[i], q = shares.current[i], middle = (p + q) / 2;
    if (p > 0) divergence += p * std::log(p / middle);
    if (q > 0) divergence += q * std::log(q / middle);
  }
  return std::sqrt(std::max(divergence, 0.0) / 2);
}

double psi(std::span<const double> reference, std::span<const double> current) {
  Shares shares = binned(reference, current);
  fill_empty(shares.reference);
  fill_empty(shares.current);
  double sum = 0;
  for (std::size_t i = 0; i < shares.reference.size(); ++i) {
    const double p = shares.reference[i], q = shares.current[i];
    sum += (p - q) * std::log(p / q);
  }
  return sum;
}

double ks_p_value(std::span<const double> reference, std::span<const double> current) {
  const std::vector<double> a = sorted(reference), b = sorted(current);
  double distance = 0;
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const double next = std::min(a[i], b[j]);
    while (i < a.size() && a[i] == next) ++i;
    while (j < b.size() && b[j] == next) ++j;
    const double gap =
        static_cast<double>(i) / static_cast<double>(a.size()) - static_cast<double>(j) / static_cast<double>(b.size());
    distance = std::max(distance, std::abs(gap));
  }
  return ks_two_sample_tail(distance, a.size(), b.size());
}

double chi_square_p_value(std::span<const double> reference, std::span<const double> current) {
  const auto counts = count_values(reference, current);
  if (counts.size() < 2) return 1;
  const auto n = static_cast<double>(reference.size()), m = static_cast<double>(current.size());
  double statistic = 0;
  for (const auto& [value, seen] : counts) {
    const double share = (seen.first + seen.second) / (n + m);
    const double expected_first = share * n, expected_second = share * m;
    statistic += (seen.first - expected_first) * (seen.first - expected_first) / expected_first;
    statistic += (seen.second - expected_second) * (seen.second - expected_second) / expected_second;
  }
  return chi_square_tail(statistic, static_cast<double>(counts.size() - 1));
}

double z_p_value(std::span<const double> reference, std::span<const double> current) {
  const auto counts = count_values(reference, current);
  if (counts.size() < 2) return 1;
  const auto n = static_cast<double>(reference.size()), m = static_cast<double>(current.size());
  const auto& [first, second] = counts.begin()->second;
  const double pooled = (first + second) / (n + m);
  const double z = (first / n - second / m) / std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return normal_two_sided(z);
}

double drift_share(const std::vector<Drift>& columns) {
  if (columns.empty()) return 0;
  const auto drifted = std::count_if(columns.begin(), columns.end(), [](const Drift& drift) { return drift.drifted; });
  return static_cast<double>(drifted) / static_cast<double>(columns.size());
}

}  // namespace treadle::monitoring
