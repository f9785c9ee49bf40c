// Points of metrics: how they are ordered, thinned out for a chart, and packed.
//
// Points are stored packed: a segment holds points of one or several series (a series is what one run logged under one
// key), about 11 bytes a point where a row of SQL costs 80. See metric_store.h for where segments are kept.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treadle::tracking {

struct Point {
  std::int64_t step = 0;
  std::int64_t time_ms = 0;
  double value = 0;  // may be NaN

  bool operator==(const Point& other) const;  // NaN equals NaN
};

enum class PointOrder {
  kTime,  // by time, then step, then value; NaN just behind 0
  kStep   // by step, then time, then value
};

// Which points of one series.
struct PointQuery {
  std::string run_id, key;
  PointOrder order = PointOrder::kTime;
  std::optional<std::int64_t> from_step = {}, to_step = {};  // both included
  std::int64_t limit = 0;                                    // 0: all
  std::int64_t offset = 0;
};

// The value as it is stored: infinities become the largest double, NaN stays.
double storable_value(double value);

// Whether the first is the newer: by step, then time, then value, where NaN counts as 0.
bool is_newer(const Point& one, const Point& other);

// Puts points in order and keeps each once.
void arrange(std::vector<Point>& points, PointOrder order);

// At most `limit` points (2 or more): of each bucket of neighbours the lowest and the highest, so that no spike is
// lost. Every gap (NaN) keeps at least one point.
std::vector<Point> keep_extremes(std::vector<Point> points, std::size_t limit);

// At most `limit` points: the first of as many buckets of neighbours, the earlier ones larger by one where they cannot
// be the same; of the last bucket the last. Those that MLflow's server chooses.
std::vector<Point> spread_evenly(std::vector<Point> points, std::size_t limit);

struct Series {
  std::string key;
  std::vector<Point> points;
};

// The bytes of a segment. Layout, integers as LEB128: version 1; number of series; then per series the key's length,
// the key, the number of points, the length of what follows; steps and times as zigzag differences; values as
// little-endian doubles.
std::string pack(const std::vector<Series>& series);

// Calls `on_series` for each series, or only for the one called `only_key` when that is not empty; the others are
// skipped unread. kInternal when the bytes are damaged.
Status unpack(std::string_view bytes, std::string_view only_key,
              const std::function<void(std::string_view key, std::vector<Point> points)>& on_series);

}  // namespace treadle::tracking
