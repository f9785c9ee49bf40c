// Aggregates over traces, over their spans and over what was said of them: counts, sums, averages, extremes and
// percentiles, by time and by what they have in common. The database does all of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "storage/sql/database.h"

namespace treadle::traces {

enum class View { kTraces, kSpans, kAssessments };

struct Aggregation {
  std::string kind;        // "COUNT", "SUM", "AVG", "MIN", "MAX" or "PERCENTILE"
  double percentile = 50;  // 0 to 100, of the last
  std::string name;        // what its value is called in the answer
};

struct MetricQuery {
  std::vector<std::string> experiment_ids;
  View view = View::kTraces;
  std::string metric;  // "trace_count", "latency" …: the table in metrics.cc
  std::vector<Aggregation> aggregations;
  std::vector<std::string> dimensions;  // "trace_name", "span_type" …
  std::vector<std::string> filters;     // one condition each: "trace.tag.team = 'a'"
  std::optional<std::int64_t> interval_seconds = {}, from_ms = {}, to_ms = {};  // both ends included
  std::int64_t limit = 1000, offset = 0;
};

struct MetricPoint {
  std::optional<std::int64_t> bucket_ms = {};  // when the query has an interval: the bucket's begin
  std::map<std::string, std::string> dimensions = {};
  std::map<std::string, double> values = {};
};

struct MetricPage {
  std::vector<MetricPoint> points;  // by bucket, then by dimensions
  bool more = false;
};

// kInvalidArgument in the words of MLflow's server.
Status check_metric_query(const MetricQuery& query);

namespace store {
StatusOr<MetricPage> metrics(sql::Connection& connection, const MetricQuery& query);
}

}  // namespace treadle::traces
