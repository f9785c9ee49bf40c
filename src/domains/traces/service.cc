#include "domains/traces/service.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "domains/traces/store.h"

namespace treadle::traces {
namespace {

constexpr std::size_t kLongestId = 50;
constexpr std::size_t kLongestKey = 250;
constexpr std::size_t kLongestValue = 8000;
constexpr std::size_t kMostOrders = 10;

Status missing(const std::string& id) { return not_found("Trace with ID '", id, "' not found."); }

Status check_pairs(std::string_view field, const Pairs& pairs) {
  if (pairs.size() > Service::kMostPairs) return invalid_field(field, "holds more than ", Service::kMostPairs, " keys");
  for (const auto& [key, value] : pairs) {
    if (key.empty() || key.size() > kLongestKey)
      return invalid_field(field, "a key must have 1 to ", kLongestKey, " characters");
    if (value.size() > kLongestValue)
      return invalid_field(field, "the value of \"", key, "\" is longer than ", kLongestValue, " characters");
  }
  return ok_status();
}

Pairs places(const std::string& experiment_id, const std::string& trace_id) {
  return {
      {"mlflow.artifactLocation", str_cat("mlflow-artifacts:/", experiment_id, "/traces/", trace_id, "/artifacts")}};
}

// What spans say of traces that nobody has reported.
std::map<std::string, TraceInfo> infer(const std::string& experiment_id, const std::vector<Span>& spans) {
  std::map<std::string, TraceInfo> infos;
  for (const Span& span : spans) {
    TraceInfo& info = infos[span.trace_id];
    const std::int64_t start_ms = span.start_ns / 1'000'000;
    if (info.id.empty()) info = {.id = span.trace_id, .experiment_id = experiment_id, .request_ms = start_ms};
    if (!span.parent_id.empty()) continue;
    info.request_ms = start_ms;
    info.duration_ms = (span.end_ns - span.start_ns) / 1'000'000;
    info.state = span.failed ? "ERROR" : "OK";
    info.tags = {{"mlflow.traceName", span.name}};
  }
  return infos;
}

// A trace of another experiment is not to be changed from this one.
Status check_owner(const std::vector<TraceInfo>& there, const std::string& experiment_id) {
  for (const TraceInfo& info : there) {
    if (info.experiment_id != experiment_id)
      return invalid_field("experiment_id", "the trace ", info.id, " belongs to experiment ", info.experiment_id);
  }
  return ok_status();
}

Status record_one(sql::Connection& tx, const TraceInfo& info, bool there, bool in_progress) {
  // The root may come after its children: then it, not they, says how the trace went. A report outranks both.
  if (there && in_progress && info.duration_ms) RETURN_IF_ERROR(store::put_info(tx, info));
  Pairs tags = places(info.experiment_id, info.id);
  tags.emplace_back("mlflow.trace.spansLocation", "TRACKING_STORE");
  if (!there || in_progress) tags.insert(tags.end(), info.tags.begin(), info.tags.end());
  return store::put_pairs(tx, "trace_tags", info.id, tags);
}

}  // namespace

Status Service::open() { return sql::migrate(database_, "traces", store::migrations()); }

StatusOr<TraceInfo> Service::report(const TraceInfo& info) {
  if (info.id.empty() || info.id.size() > kLongestId)
    return invalid_field("trace_id", "must have 1 to ", kLongestId, " characters");
  RETURN_IF_ERROR(check_pairs("tags", info.tags));
  RETURN_IF_ERROR(check_pairs("trace_metadata", info.metadata));
  RETURN_IF_ERROR(tracking_.get_experiment(info.experiment_id).status());
  TraceInfo answer;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto there, store::load_infos(tx, {info.id}));
    RETURN_IF_ERROR(check_owner(there, info.experiment_id));
    RETURN_IF_ERROR(store::put_info(tx, info));
    RETURN_IF_ERROR(store::put_pairs(tx, "trace_tags", info.id, places(info.experiment_id, info.id)));
    RETURN_IF_ERROR(store::put_pairs(tx, "trace_tags", info.id, info.tags));
    RETURN_IF_ERROR(store::put_pairs(tx, "trace_metadata", info.id, info.metadata));
    ASSIGN_OR_RETURN(auto now, store::load_infos(tx, {info.id}));
    answer = std::move(now.front());
    return ok_status();
  }));
  return answer;
}

Status Service::record(const std::string& experiment_id, const std::vector<Span>& spans) {
  if (spans.empty()) return ok_status();
  if (spans.size() > kMostSpans) return invalid_field("spans", "are more than ", kMostSpans, " in one call");
  RETURN_IF_ERROR(tracking_.get_experiment(experiment_id).status());
  const auto infos = infer(experiment_id, spans);
  std::vector<std::string> ids;
  std::vector<TraceInfo> rows;
  for (const auto& [id, info] : infos) {
    ids.push_back(id);
    rows.push_back(info);
  }
  if (ids.size() > kMostIds) return invalid_field("spans", "belong to more than ", kMostIds, " traces");
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto before, store::load_infos(tx, ids));
    RETURN_IF_ERROR(check_owner(before, experiment_id));
    std::map<std::string, bool> in_progress;
    for (const TraceInfo& info : before) in_progress[info.id] = info.state == "IN_PROGRESS";
    RETURN_IF_ERROR(store::add_infos(tx, rows));
    for (const TraceInfo& info : rows) {
      const auto it = in_progress.find(info.id);
      RETURN_IF_ERROR(record_one(tx, info, it != in_progress.end(), it != in_progress.end() && it->second));
    }
    return store::put_spans(tx, spans);
  });
}

StatusOr<TraceInfo> Service::get_info(const std::string& id) {
  ASSIGN_OR_RETURN(auto found, get_many({id}, false));
  if (found.empty()) return missing(id);
  return std::move(found.front().info);
}

StatusOr<Trace> Service::get(const std::string& id) {
  ASSIGN_OR_RETURN(auto found, get_many({id}, true));
  if (found.empty()) return missing(id);
  return std::move(found.front());
}

StatusOr<std::vector<Trace>> Service::get_many(const std::vector<std::string>& ids, bool with_spans) {
  if (ids.size() > kMostIds) return invalid_field("trace_ids", "must be at most ", kMostIds, ", got ", ids.size());
  std::vector<Trace> traces;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    traces.clear();
    ASSIGN_OR_RETURN(auto infos, store::load_infos(connection, ids));
    if (with_spans) {
      ASSIGN_OR_RETURN(traces, store::load_spans(connection, std::move(infos)));
      return ok_status();
    }
    for (TraceInfo& info : infos) traces.push_back({.info = std::move(info), .spans = {}});
    return ok_status();
  }));
  return traces;
}

StatusOr<Page> Service::search(const Query& query) {
  if (query.experiment_ids.empty()) return invalid_field("locations", "must name at least one experiment to search");
  if (query.experiment_ids.size() > kMostIds) return invalid_field("locations", "must be at most ", kMostIds);
  if (query.order_by.size() > kMostOrders) return invalid_field("order_by", "must be at most ", kMostOrders);
  Page page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(auto ids, store::find(connection, query));
    page.more = static_cast<std::int64_t>(ids.size()) > query.limit;
    if (page.more) ids.pop_back();
    ASSIGN_OR_RETURN(page.items, store::load_infos(connection, ids));
    return ok_status();
  }));
  return page;
}

StatusOr<std::int64_t> Service::remove(const Deletion& deletion) {
  if (!deletion.until_ms && deletion.ids.empty())
    return invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.");
  if (deletion.until_ms && !deletion.ids.empty())
    return invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.");
  if (!deletion.ids.empty() && deletion.limit)
    return invalid("`max_traces` can't be specified if `trace_ids` is specified.");
  if (deletion.limit && *deletion.limit <= 0)
    return invalid("`max_traces` must be a positive integer, received ", *deletion.limit, ".");
  if (deletion.ids.size() > kMostIds) return invalid_field("request_ids", "must be at most ", kMostIds);
  std::int64_t removed = 0;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(removed, store::remove(tx, deletion));
    return ok_status();
  }));
  return removed;
}

Status Service::set_tag(const std::string& id, const std::string& key, const std::string& value) {
  RETURN_IF_ERROR(check_pairs("tags", {{key, value}}));
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto found, tx.query_text("SELECT id FROM traces WHERE id = ?", {id}));
    if (!found) return missing(id);
    return store::put_pairs(tx, "trace_tags", id, {{key, value}});
  });
}

Status Service::delete_tag(const std::string& id, const std::string& key) {
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto gone, tx.execute("DELETE FROM trace_tags WHERE trace_id = ? AND key = ?", {id, key}));
    if (gone == 0) return not_found("No trace tag with key '", key, "' for trace with ID '", id, "'");
    return ok_status();
  });
}

}  // namespace treadle::traces
