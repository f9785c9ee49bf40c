// What a trace is: one request to an application, told by spans.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domains/traces/assessments.h"

namespace treadle::traces {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Tags that only the server sets: where a trace's spans and files are.
inline bool is_kept_by_server(std::string_view key) {
  return key == "mlflow.artifactLocation" || key == "mlflow.trace.spansLocation" ||
         key == "mlflow.trace.archivalFailure";
}

constexpr std::size_t kLongestTagKey = 250, kLongestTagValue = 8000;  // of metadata too

struct TraceInfo {
  std::string id;
  std::string experiment_id;
  std::int64_t request_ms = 0;
  std::optional<std::int64_t> duration_ms = {};
  std::string state = "IN_PROGRESS";  // or OK, ERROR, STATE_UNSPECIFIED
  std::optional<std::string> client_request_id = {}, request_preview = {}, response_preview = {};
  Pairs tags = {}, metadata = {};
  std::vector<Assessment> assessments = {};  // oldest first
};

struct Span {
  std::string trace_id, id, parent_id, name;
  std::int64_t start_ns = 0, end_ns = 0;
  bool failed = false;
  std::string body;  // the span as its readers get it; JSON text
};

struct Trace {
  TraceInfo info;
  std::vector<std::string> spans;  // bodies, by their start
};

struct Query {
  std::vector<std::string> experiment_ids;
  std::string filter;
  std::vector<std::string> order_by;
  std::int64_t limit = 100, offset = 0;
};

struct Page {
  std::vector<TraceInfo> items;
  bool more = false;
};

// How many traces of experiments that meet `base` meet each of two other filters, and both.
struct OverlapQuery {
  std::vector<std::string> experiment_ids;
  std::string first, second, base;
};

struct Overlap {
  std::int64_t total = 0, first = 0, second = 0, both = 0;
};

// By ids, or those that began no later than a time: the oldest first, at most `limit` of them.
struct Deletion {
  std::string experiment_id;
  std::vector<std::string> ids;
  std::optional<std::int64_t> until_ms, limit;
};

}  // namespace treadle::traces
