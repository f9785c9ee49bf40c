#include "domains/tracking/metric_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "base/strings.h"
#include "storage/sql/in_list.h"

namespace treadle::tracking::store {
namespace {

// A run's calls are packed when this many lie side by side.
constexpr std::int64_t kLooseSegments = 256;
// From this many points per key on, keys get segments of their own.
constexpr std::size_t kPointsPerKey = 64;
// And never hold more than this many.
constexpr std::size_t kSegmentPoints = 4096;

// The points of a batch by key, keys in order of first appearance.
std::vector<Series> group_by_key(const std::vector<Metric>& metrics) {
  std::vector<Series> series;
  std::unordered_map<std::string_view, std::size_t> place;
  for (const Metric& metric : metrics) {
    const auto [at, is_new] = place.emplace(metric.key, series.size());
    if (is_new) series.push_back({metric.key, {}});
    series[at->second].points.push_back({metric.step, metric.time_ms, storable_value(metric.value)});
  }
  return series;
}

Status put_newest(sql::Connection& tx, const std::string& run, const std::vector<Series>& series) {
  sql::Values values;
  values.reserve(series.size() * 6);
  for (const Series& one : series) {
    const Point& newest = *std::max_element(one.points.begin(), one.points.end(),
                                            [](const Point& a, const Point& b) { return is_newer(b, a); });
    const bool is_nan = std::isnan(newest.value);
    values.emplace_back(run);
    values.emplace_back(one.key);
    values.emplace_back(newest.step);
    values.emplace_back(newest.time_ms);
    values.emplace_back(is_nan ? 0 : newest.value);
    values.emplace_back(is_nan);
  }
  return sql::insert_rows(
             tx, "INSERT INTO latest_metrics(run_id, key, step, time_ms, value, is_nan) VALUES ", 6, values,
             " ON CONFLICT(run_id, key) DO UPDATE SET step = excluded.step, time_ms = excluded.time_ms,"
             " value = excluded.value, is_nan = excluded.is_nan WHERE (excluded.step, excluded.time_ms, excluded.value)"
             " > (latest_metrics.step, latest_metrics.time_ms, latest_metrics.value)")
      .status();
}

// Inserts or replaces one segment; `key` is '' for one with several series.
Status put_segment(sql::Connection& tx, const std::string& run, const std::string& key, std::int64_t sequence,
                   const std::vector<Series>& series) {
  std::int64_t count = 0;
  Point low{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max(), 0};
  Point high{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::min(), 0};
  for (const Series& one : series) {
    count += static_cast<std::int64_t>(one.points.size());
    for (const Point& point : one.points) {
      low = {std::min(low.step, point.step), std::min(low.time_ms, point.time_ms), 0};
      high = {std::max(high.step, point.step), std::max(high.time_ms, point.time_ms), 0};
    }
  }
  return tx
      .execute(
          "INSERT INTO metric_segments(run_id, key, sequence, points, low_step, high_step, low_ms, high_ms, data)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(run_id, key, sequence) DO UPDATE SET"
          " points = excluded.points, low_step = excluded.low_step, high_step = excluded.high_step,"
          " low_ms = excluded.low_ms, high_ms = excluded.high_ms, data = excluded.data",
          {run, key, sequence, count, low.step, high.step, low.time_ms, high.time_ms, sql::Value::blob(pack(series))})
      .status();
}

struct Range {
  std::int64_t first = 0, last = -1;
};

// The numbers of the run's loose segments.
StatusOr<Range> loose_range(sql::Connection& connection, const std::string& run) {
  Range range;
  RETURN_IF_ERROR(
      connection.query("SELECT (SELECT MIN(sequence) FROM metric_segments WHERE run_id = ? AND key = ''),"
                       " (SELECT MAX(sequence) FROM metric_segments WHERE run_id = ? AND key = '')",
                       {run, run}, [&](const sql::Row& row) {
                         if (!row.is_null(0)) range = {row.integer(0), row.integer(1)};
                         return ok_status();
                       }));
  return range;
}

// Adds points to the last segment of their key as long as it has room, then opens new ones.
Status append_to_key(sql::Connection& tx, const std::string& run, const std::string& key, std::vector<Point> points) {
  std::int64_t sequence = 0;
  std::vector<Point> last;
  RETURN_IF_ERROR(tx.query(
      "SELECT sequence, points, data FROM metric_segments WHERE run_id = ? AND key = ? ORDER BY sequence DESC"
      " LIMIT 1",
      {run, key}, [&](const sql::Row& row) -> Status {
        sequence = row.integer(0);
        if (row.integer(1) >= static_cast<std::int64_t>(kSegmentPoints)) {
          ++sequence;
          return ok_status();
        }
        return unpack(row.text(2), key, [&](std::string_view, std::vector<Point> found) { last = std::move(found); });
      }));
  points.insert(points.end(), last.begin(), last.end());
  arrange(points, PointOrder::kTime);
  for (std::size_t first = 0; first < points.size(); first += kSegmentPoints, ++sequence) {
    const std::size_t end = std::min(points.size(), first + kSegmentPoints);
    const auto at = [&](std::size_t i) { return points.begin() + static_cast<std::ptrdiff_t>(i); };
    RETURN_IF_ERROR(put_segment(tx, run, key, sequence, {{key, {at(first), at(end)}}}));
  }
  return ok_status();
}

Status pack_range(sql::Connection& tx, const std::string& run, const Range& range) {
  std::map<std::string, std::vector<Point>, std::less<>> by_key;
  std::size_t total = 0;
  RETURN_IF_ERROR(tx.query("SELECT data FROM metric_segments WHERE run_id = ? AND key = '' ORDER BY sequence", {run},
                           [&](const sql::Row& row) {
                             return unpack(row.text(0), "", [&](std::string_view key, std::vector<Point> points) {
                               auto at = by_key.find(key);
                               if (at == by_key.end())
                                 at = by_key.emplace(std::string(key), std::vector<Point>()).first;
                               total += points.size();
                               at->second.insert(at->second.end(), points.begin(), points.end());
                             });
                           }));
  RETURN_IF_ERROR(tx.execute("DELETE FROM metric_segments WHERE run_id = ? AND key = ''", {run}));
  if (total >= kPointsPerKey * by_key.size()) {
    for (auto& [key, points] : by_key) RETURN_IF_ERROR(append_to_key(tx, run, key, std::move(points)));
    return ok_status();
  }
  std::vector<Series> series;
  series.reserve(by_key.size());
  for (auto& [key, points] : by_key) {
    arrange(points, PointOrder::kTime);
    series.push_back({key, std::move(points)});
  }
  return put_segment(tx, run, "", range.last, series);
}

struct Segment {
  std::string key;
  std::int64_t sequence = 0, points = 0, low = 0, high = 0;  // low and high of what the points are ordered by
};

// The run's segments that may hold points of the key, those of the key itself first and in order.
StatusOr<std::vector<Segment>> list_segments(sql::Connection& connection, const PointQuery& query) {
  const bool by_time = query.order == PointOrder::kTime;
  std::vector<Segment> segments;
  const std::string text =
      str_cat("SELECT key, sequence, points, ", by_time ? "low_ms, high_ms" : "low_step, high_step",
              " FROM metric_segments WHERE run_id = ? AND key IN (?, '') AND high_step >= ? AND low_step <= ?"
              " ORDER BY key DESC, sequence");
  RETURN_IF_ERROR(connection.query(
      text,
      {query.run_id, query.key, query.from_step.value_or(std::numeric_limits<std::int64_t>::min()),
       query.to_step.value_or(std::numeric_limits<std::int64_t>::max())},
      [&](const sql::Row& row) {
        segments.push_back({row.string(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4)});
        return ok_status();
      }));
  return segments;
}

// How many segments at the front lie wholly before the page: they are the key's own, without limits by step, and end
// before everything after them begins. Their points are taken off `offset`.
std::size_t segments_before(const std::vector<Segment>& segments, const PointQuery& query, std::int64_t& offset) {
  if (query.from_step || query.to_step) return 0;
  std::vector<std::int64_t> lowest_after(segments.size() + 1, std::numeric_limits<std::int64_t>::max());
  for (std::size_t i = segments.size(); i-- > 0;) lowest_after[i] = std::min(lowest_after[i + 1], segments[i].low);
  std::size_t skipped = 0;
  while (skipped < segments.size() && !segments[skipped].key.empty() && segments[skipped].points <= offset &&
         segments[skipped].high < lowest_after[skipped + 1]) {
    offset -= segments[skipped++].points;
  }
  return skipped;
}

Status read_segment(sql::Connection& connection, const PointQuery& query, const Segment& segment,
                    std::vector<Point>& points) {
  return connection.query("SELECT data FROM metric_segments WHERE run_id = ? AND key = ? AND sequence = ?",
                          {query.run_id, segment.key, segment.sequence}, [&](const sql::Row& row) {
                            return unpack(row.text(0), query.key,
                                          [&](std::string_view, const std::vector<Point>& found) {
                                            for (const Point& point : found) {
                                              if (query.from_step && point.step < *query.from_step) continue;
                                              if (query.to_step && point.step > *query.to_step) continue;
                                              points.push_back(point);
                                            }
                                          });
                          });
}

}  // namespace

Status append_metrics(sql::Connection& tx, const std::string& run, const std::vector<Metric>& metrics) {
  if (metrics.empty()) return ok_status();
  const std::vector<Series> series = group_by_key(metrics);
  RETURN_IF_ERROR(put_newest(tx, run, series));
  ASSIGN_OR_RETURN(Range loose, loose_range(tx, run));
  RETURN_IF_ERROR(put_segment(tx, run, "", ++loose.last, series));
  return loose.last - loose.first + 1 < kLooseSegments ? ok_status() : pack_range(tx, run, loose);
}

Status pack_metrics(sql::Connection& tx, const std::string& run) {
  ASSIGN_OR_RETURN(const Range loose, loose_range(tx, run));
  return loose.last > loose.first ? pack_range(tx, run, loose) : ok_status();
}

StatusOr<Page<Point>> read_points(sql::Connection& connection, const PointQuery& query) {
  ASSIGN_OR_RETURN(const std::vector<Segment> segments, list_segments(connection, query));
  std::int64_t offset = query.offset;
  std::vector<Point> points;
  std::int64_t highest = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = segments_before(segments, query, offset); i < segments.size(); ++i) {
    RETURN_IF_ERROR(read_segment(connection, query, segments[i], points));
    highest = std::max(highest, segments[i].high);
    if (query.limit == 0 || static_cast<std::int64_t>(points.size()) <= offset + query.limit) continue;
    // Enough for the page and to know that there is more, unless what is left begins before this ends.
    arrange(points, query.order);
    if (static_cast<std::int64_t>(points.size()) <= offset + query.limit) continue;
    const auto begins_later = [&](const Segment& segment) { return segment.low > highest; };
    if (std::all_of(segments.begin() + static_cast<std::ptrdiff_t>(i) + 1, segments.end(), begins_later)) break;
  }
  arrange(points, query.order);
  Page<Point> page;
  const auto size = static_cast<std::int64_t>(points.size());
  const std::int64_t first = std::min(offset, size);
  const std::int64_t last = query.limit > 0 ? std::min(size, first + query.limit) : size;
  page.more = last < size;
  page.items.assign(points.begin() + first, points.begin() + last);
  return page;
}

StatusOr<bool> convert_point_rows(sql::Connection& tx) {
  std::map<std::string, std::vector<Point>> by_key;
  ASSIGN_OR_RETURN(const auto found, tx.query_text("SELECT run_id FROM metrics LIMIT 1"));
  if (!found) return false;
  RETURN_IF_ERROR(tx.query(
      "SELECT key, step, time_ms, value, is_nan FROM metrics WHERE run_id = ?", {*found}, [&](const sql::Row& row) {
        const bool is_nan = row.integer(4) != 0;
        by_key[row.string(0)].push_back(
            {row.integer(1), row.integer(2), is_nan ? std::numeric_limits<double>::quiet_NaN() : row.real(3)});
        return ok_status();
      }));
  for (auto& [key, points] : by_key) RETURN_IF_ERROR(append_to_key(tx, *found, key, std::move(points)));
  RETURN_IF_ERROR(tx.execute("DELETE FROM metrics WHERE run_id = ?", {*found}));
  return true;
}

}  // namespace treadle::tracking::store
