#include "domains/tracking/metric_points.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

namespace treadle::tracking {
namespace {

static_assert(std::endian::native == std::endian::little, "values are packed as they lie in memory");

constexpr std::uint64_t kVersion = 1;

// NaN has no place among the numbers; here it comes after them, so that orders are total.
std::tuple<bool, double> value_rank(double value) { return {std::isnan(value), std::isnan(value) ? 0 : value}; }

// MLflow's histories have NaN where 0 would be, behind it.
std::tuple<double, bool> value_place(double value) { return {std::isnan(value) ? 0 : value, std::isnan(value)}; }

bool earlier(const Point& a, const Point& b) {
  return std::tuple(a.time_ms, a.step, value_place(a.value)) < std::tuple(b.time_ms, b.step, value_place(b.value));
}
bool lower_step(const Point& a, const Point& b) {
  return std::tuple(a.step, a.time_ms, value_place(a.value)) < std::tuple(b.step, b.time_ms, value_place(b.value));
}

void put_number(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

// Differences wrap around: any two 64-bit integers have one.
void put_difference(std::string& out, std::int64_t from, std::int64_t to) {
  const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
  put_number(out, (static_cast<std::uint64_t>(difference) << 1) ^ static_cast<std::uint64_t>(difference >> 63));
}

// Reads front to back; after the first number that is not there `ok` is false and everything reads as 0.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  std::int64_t after(std::int64_t previous) {
    const std::uint64_t coded = number();
    const std::uint64_t difference = (coded >> 1) ^ (~(coded & 1) + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(previous) + difference);
  }

  std::string_view bytes(std::uint64_t count) {
    if (count > static_cast<std::uint64_t>(end_ - at_)) {
      ok_ = false;
      return {};
    }
    const std::string_view taken(at_, count);
    at_ += count;
    return taken;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

void put_points(std::string& out, const std::vector<Point>& points) {
  std::int64_t previous = 0;
  for (const Point& point : points) {
    put_difference(out, previous, point.step);
    previous = point.step;
  }
  previous = 0;
  for (const Point& point : points) {
    put_difference(out, previous, point.time_ms);
    previous = point.time_ms;
  }
  for (const Point& point : points) {
    char raw[sizeof(double)];
    std::memcpy(raw, &point.value, sizeof(double));
    out.append(raw, sizeof(double));
  }
}

Status damaged() { return internal_error("a segment of metric points is damaged"); }

StatusOr<std::vector<Point>> read_points(std::string_view bytes, std::uint64_t count) {
  // A point takes at least 10 bytes: nothing is allocated for a count that cannot be true.
  if (count > bytes.size() / 10) return damaged();
  std::vector<Point> points(count);
  Reader reader(bytes);
  std::int64_t previous = 0;
  for (Point& point : points) previous = point.step = reader.after(previous);
  previous = 0;
  for (Point& point : points) previous = point.time_ms = reader.after(previous);
  const std::string_view values = reader.bytes(count * sizeof(double));
  if (!reader.ok() || !reader.at_end()) return damaged();
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(&points[i].value, values.data() + i * sizeof(double), sizeof(double));
  return points;
}

}  // namespace

bool Point::operator==(const Point& other) const {
  return step == other.step && time_ms == other.time_ms && value_rank(value) == value_rank(other.value);
}

double storable_value(double value) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  return std::isnan(value) ? value : std::clamp(value, -kLargest, kLargest);
}

bool is_newer(const Point& one, const Point& other) {
  const auto rank = [](const Point& point) {
    return std::tuple(point.step, point.time_ms, std::isnan(point.value) ? 0 : point.value);
  };
  return rank(one) > rank(other);
}

void arrange(std::vector<Point>& points, PointOrder order) {
  const auto before = order == PointOrder::kTime ? earlier : lower_step;
  if (!std::is_sorted(points.begin(), points.end(), before)) std::sort(points.begin(), points.end(), before);
  points.erase(std::unique(points.begin(), points.end()), points.end());
}

std::vector<Point> keep_extremes(std::vector<Point> points, std::size_t limit) {
  if (points.size() <= limit) return points;
  const std::size_t buckets = std::max<std::size_t>(1, limit / 2);
  const auto lower = [](const Point& a, const Point& b) { return value_rank(a.value) < value_rank(b.value); };
  std::vector<Point> kept;
  kept.reserve(2 * buckets);
  for (std::size_t i = 0; i < buckets; ++i) {
    const auto first = points.begin() + static_cast<std::ptrdiff_t>(i * points.size() / buckets);
    const auto last = points.begin() + static_cast<std::ptrdiff_t>((i + 1) * points.size() / buckets);
    if (first == last) continue;
    // NaN ranks above every number, so a gap is the highest of its bucket and stays.
    const auto [low, high] = std::minmax_element(first, last, lower);
    kept.push_back(*std::min(low, high));
    if (low != high) kept.push_back(*std::max(low, high));
  }
  return kept;
}

std::vector<Point> spread_evenly(std::vector<Point> points, std::size_t limit) {
  if (points.size() <= limit || limit == 0) return points;
  const std::size_t size = points.size() / limit, larger = points.size() % limit;
  std::vector<Point> kept;
  kept.reserve(limit);
  for (std::size_t i = 0; i < limit; ++i) kept.push_back(points[i * size + std::min(i, larger)]);
  kept.back() = points.back();
  return kept;
}

std::string pack(const std::vector<Series>& series) {
  std::string out;
  put_number(out, kVersion);
  put_number(out, series.size());
  std::string payload;
  for (const Series& one : series) {
    payload.clear();
    put_points(payload, one.points);
    put_number(out, one.key.size());
    out += one.key;
    put_number(out, one.points.size());
    put_number(out, payload.size());
    out += payload;
  }
  return out;
}

Status unpack(std::string_view bytes, std::string_view only_key,
              const std::function<void(std::string_view key, std::vector<Point> points)>& on_series) {
  Reader reader(bytes);
  if (reader.number() != kVersion) return damaged();
  const std::uint64_t count = reader.number();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view key = reader.bytes(reader.number());
    const std::uint64_t size = reader.number();
    const std::string_view payload = reader.bytes(reader.number());
    if (!reader.ok()) break;
    if (!only_key.empty() && key != only_key) continue;
    ASSIGN_OR_RETURN(auto points, read_points(payload, size));
    on_series(key, std::move(points));
  }
  return reader.ok() && reader.at_end() ? ok_status() : damaged();
}

}  // namespace treadle::tracking
