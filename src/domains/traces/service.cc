#include "domains/traces/service.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/log.h"
#include "base/strings.h"
#include "domains/traces/inference.h"
#include "domains/traces/span_facts.h"
#include "domains/traces/store.h"

namespace treadle::traces {
namespace {

constexpr std::size_t kLongestId = 50;
constexpr std::size_t kMostOrders = 10;
constexpr std::size_t kLongestPrompt = 500;

Status check_pairs(std::string_view field, const Pairs& pairs) {
  if (pairs.size() > Service::kMostPairs) return invalid_field(field, "holds more than ", Service::kMostPairs, " keys");
  for (const auto& [key, value] : pairs) {
    if (key.empty() || key.size() > kLongestTagKey)
      return invalid_field(field, "a key must have 1 to ", kLongestTagKey, " characters");
    if (value.size() > kLongestTagValue)
      return invalid_field(field, "the value of \"", key, "\" is longer than ", kLongestTagValue, " characters");
  }
  return ok_status();
}

void append(std::vector<store::Owned>& to, const std::string& trace_id, const Pairs& pairs) {
  for (const auto& [key, value] : pairs) to.push_back({trace_id, key, value});
}

// A trace of another experiment is not to be changed from this one.
Status check_owner(const std::vector<TraceInfo>& there, const std::string& experiment_id) {
  for (const TraceInfo& info : there) {
    if (info.experiment_id != experiment_id)
      return invalid_field("experiment_id", "the trace ", info.id, " belongs to another experiment");
  }
  return ok_status();
}

}  // namespace

Status no_trace(const std::string& id) { return not_found("Trace with ID '", id, "' not found."); }

Status Service::open() {
  RETURN_IF_ERROR(sql::migrate(database_, "traces", store::migrations()));
  return store::upgrade(database_);
}

StatusOr<MetricPage> Service::metrics(const MetricQuery& query) {
  RETURN_IF_ERROR(check_metric_query(query));
  MetricPage page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(page, store::metrics(connection, query));
    return ok_status();
  }));
  return page;
}

StatusOr<TraceInfo> Service::report(const TraceInfo& given) {
  TraceInfo info = given;
  if (info.id.empty() || info.id.size() > kLongestId)
    return invalid_field("trace_id", "must have 1 to ", kLongestId, " characters");
  RETURN_IF_ERROR(check_pairs("tags", info.tags));
  RETURN_IF_ERROR(check_pairs("trace_metadata", info.metadata));
  ASSIGN_OR_RETURN(const tracking::Experiment experiment, tracking_.get_experiment(info.experiment_id));
  info.experiment_id = experiment.id;  // "01" is written "1"
  std::erase_if(info.tags, [](const auto& tag) { return is_kept_by_server(tag.first); });
  std::vector<Assessment> assessments = info.assessments;
  for (Assessment& one : assessments) {
    RETURN_IF_ERROR(store::check_assessment(one));
    one.trace_id = info.id;
    complete(one);
  }
  TraceInfo answer;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto there, store::load_infos(tx, {info.id}));
    RETURN_IF_ERROR(check_owner(there, info.experiment_id));
    RETURN_IF_ERROR(store::put_infos(tx, {info}));
    std::vector<store::Owned> tags, metadata;
    append(tags, info.id, {artifact_place(info)});
    append(tags, info.id, info.tags);
    append(metadata, info.id, info.metadata);
    for (const Assessment& one : assessments) RETURN_IF_ERROR(store::put_assessment(tx, one));
    RETURN_IF_ERROR(store::put_pairs(tx, "trace_tags", tags));
    RETURN_IF_ERROR(store::put_pairs(tx, "trace_metadata", metadata));
    RETURN_IF_ERROR(store::put_token_counts(tx, info.id, info.metadata));
    ASSIGN_OR_RETURN(auto now, store::load_infos(tx, {info.id}));
    answer = std::move(now.front());
    return ok_status();
  }));
  return answer;
}

Status Service::record(const std::string& owner, std::vector<Span> spans, const std::string& run_id) {
  if (spans.empty()) return ok_status();
  if (spans.size() > kMostSpans) return invalid_field("spans", "are more than ", kMostSpans, " in one call");
  ASSIGN_OR_RETURN(const tracking::Experiment experiment, tracking_.get_experiment(owner));
  const std::string& experiment_id = experiment.id;
  bool linked = !run_id.empty();
  if (linked) {
    const auto run = tracking_.get_run(run_id);
    linked = run.ok();
    if (run.status().code() == StatusCode::kNotFound)
      log_warning("spans name a run that is not here", {{"run_id", run_id}});
    else
      RETURN_IF_ERROR(run.status());
  }
  const auto facts = translate(spans);
  const Inference inference(experiment_id, spans, facts);
  if (inference.ids().size() > kMostIds) return invalid_field("spans", "belong to more than ", kMostIds, " traces");
  const sql::Values rows = store::span_rows(spans, facts);
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto before, store::load_infos(tx, inference.ids()));
    RETURN_IF_ERROR(check_owner(before, experiment_id));
    RETURN_IF_ERROR(store::put_spans(tx, rows));
    RETURN_IF_ERROR(inference.put(tx, before));
    return linked ? store::link(tx, inference.complete(), run_id) : ok_status();
  });
}

Status Service::link_to_run(const std::vector<std::string>& ids, const std::string& run_id) {
  if (ids.empty()) return invalid_field("trace_ids", "must name at least one trace");
  if (ids.size() > kMostLinks) {
    return invalid_field("trace_ids", "Cannot link more than ", kMostLinks,
                         " traces to a run in a single request, got ", ids.size());
  }
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::must_exist(tx, ids));
    return store::link(tx, ids, run_id);
  });
}

Status Service::link_prompts(const std::string& id, const std::vector<std::string>& prompts) {
  if (prompts.size() > kMostLinks) return invalid_field("prompt_versions", "must be at most ", kMostLinks);
  for (const std::string& prompt : prompts) {
    if (prompt.size() > kLongestPrompt || prompt.find('\0') != std::string::npos)
      return invalid_field("prompt_versions", "a name and version must have at most ", kLongestPrompt,
                           " characters, none of them NUL");
  }
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::must_exist(tx, {id}));
    return store::link_prompts(tx, id, prompts);
  });
}

StatusOr<std::optional<std::string>> Service::experiment_of(const std::string& id) {
  std::optional<std::string> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, connection.query_text("SELECT experiment_id FROM traces WHERE id = ?", {id}));
    return ok_status();
  }));
  return found;
}

Status Service::remove_all_of(sql::Connection& tx, const std::string& experiment_id) {
  const Deletion everything{experiment_id, {}, std::numeric_limits<std::int64_t>::max(), {}};
  return store::remove(tx, everything).status();
}

StatusOr<TraceInfo> Service::get_info(const std::string& id) {
  ASSIGN_OR_RETURN(auto found, get_many({id}, false));
  if (found.empty()) return no_trace(id);
  return std::move(found.front().info);
}

StatusOr<Trace> Service::get(const std::string& id) {
  ASSIGN_OR_RETURN(auto found, get_many({id}, true));
  if (found.empty()) return no_trace(id);
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

StatusOr<Overlap> Service::overlap(const OverlapQuery& query) {
  if (query.experiment_ids.empty()) return invalid_field("experiment_ids", "must name at least one experiment");
  if (query.experiment_ids.size() > kMostIds) return invalid_field("experiment_ids", "must be at most ", kMostIds);
  Overlap counts;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(counts, store::overlap(connection, query));
    return ok_status();
  }));
  return counts;
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
  if (is_kept_by_server(key)) return invalid("Tag '", key, "' is immutable and cannot be set on a trace.");
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto found, tx.query_text("SELECT id FROM traces WHERE id = ?", {id}));
    if (!found) return no_trace(id);
    return store::put_pairs(tx, "trace_tags", {{id, key, value}});
  });
}

Status Service::delete_tag(const std::string& id, const std::string& key) {
  if (is_kept_by_server(key)) return invalid("Tag '", key, "' is immutable and cannot be deleted from a trace.");
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto gone, tx.execute("DELETE FROM trace_tags WHERE trace_id = ? AND key = ?", {id, key}));
    if (gone == 0) return not_found("No trace tag with key '", key, "' for trace with ID '", id, "'");
    return ok_status();
  });
}

}  // namespace treadle::traces
