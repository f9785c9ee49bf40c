#include "domains/traces/inference.h"

#include <algorithm>

#include "base/strings.h"
#include "domains/traces/store.h"
#include "storage/sql/in_list.h"

namespace treadle::traces {
namespace {

constexpr std::string_view kSession = "mlflow.trace.session", kUser = "mlflow.trace.user";
// MLflow's clients put it into every report.
constexpr std::string_view kOfReports = "mlflow.trace_schema.version";

bool has(const Pairs& pairs, std::string_view key) {
  return std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; });
}

void add(Pairs& pairs, std::string_view key, const std::optional<std::string>& value) {
  if (value && !has(pairs, key)) pairs.emplace_back(key, *value);
}

void read_root(const Span& span, const SpanFacts& facts, TraceInfo& info) {
  info.request_ms = span.start_ns / 1'000'000;
  info.duration_ms = (span.end_ns - span.start_ns) / 1'000'000;
  info.state = span.failed ? "ERROR" : "OK";
  info.tags = facts.tags;
  if (!has(info.tags, "mlflow.traceName")) info.tags.emplace_back("mlflow.traceName", span.name);
  info.request_preview = facts.request;
  info.response_preview = facts.response;
}

}  // namespace

std::pair<std::string, std::string> artifact_place(const TraceInfo& info) {
  return {"mlflow.artifactLocation",
          str_cat("mlflow-artifacts:/", info.experiment_id, "/traces/", info.id, "/artifacts")};
}

Inference::Inference(const std::string& experiment_id, const std::vector<Span>& spans,
                     const std::vector<SpanFacts>& facts) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Span& span = spans[i];
    TraceInfo& info = traces_[span.trace_id];
    if (info.id.empty())
      info = {.id = span.trace_id, .experiment_id = experiment_id, .request_ms = span.start_ns / 1'000'000};
    if (span.parent_id.empty()) read_root(span, facts[i], info);
    add(info.metadata, kSession, facts[i].session);
    add(info.metadata, kUser, facts[i].user);
    if (facts[i].tokens) telling_.insert(span.trace_id);
  }
  for (const auto& [id, info] : traces_) {
    ids_.push_back(id);
    if (info.duration_ms) complete_.push_back(id);
  }
}

Status Inference::put(sql::Connection& tx, const std::vector<TraceInfo>& before) const {
  std::map<std::string_view, const TraceInfo*> known;
  for (const TraceInfo& info : before) known[info.id] = &info;
  std::vector<TraceInfo> changed;
  std::vector<store::Owned> tags, metadata;
  for (const auto& [id, said] : traces_) {
    const auto it = known.find(id);
    const TraceInfo* there = it == known.end() ? nullptr : it->second;
    for (const auto& [key, value] : said.metadata) {
      if (there == nullptr || !has(there->metadata, key)) metadata.push_back({id, key, value});
    }
    if (there == nullptr) {
      const auto [key, value] = artifact_place(said);
      tags.push_back({id, key, value});
    }
    tags.push_back({id, "mlflow.trace.spansLocation", "TRACKING_STORE"});
    // Of a trace that is there only the outcome is news, when its root comes after its children.
    if (there != nullptr && (there->state != "IN_PROGRESS" || !said.duration_ms)) continue;
    TraceInfo info = said;
    if (there != nullptr) {
      info.client_request_id = there->client_request_id;
      if (there->request_preview) info.request_preview = there->request_preview;
      if (there->response_preview) info.response_preview = there->response_preview;
    }
    for (const auto& [key, value] : info.tags) tags.push_back({id, key, value});
    changed.push_back(std::move(info));
  }
  RETURN_IF_ERROR(store::put_infos(tx, changed));
  RETURN_IF_ERROR(store::put_pairs(tx, "trace_tags", tags));
  RETURN_IF_ERROR(store::put_pairs(tx, "trace_metadata", metadata));
  return put_token_sums(tx, before);
}

// Counted when the root is there: children come before it, often in calls of their own.
Status Inference::put_token_sums(sql::Connection& tx, const std::vector<TraceInfo>& before) const {
  std::set<std::string, std::less<>> wanted = telling_, complete(complete_.begin(), complete_.end());
  for (const TraceInfo& info : before) {
    if (has(info.metadata, kOfReports))
      wanted.erase(info.id);
    else if (complete.contains(info.id))
      wanted.insert(info.id);
    else if (info.state != "IN_PROGRESS")
      complete.insert(info.id);
  }
  std::erase_if(wanted, [&](const std::string& id) { return !complete.contains(id); });
  std::map<std::string, std::vector<TokenNode>> nodes;
  RETURN_IF_ERROR(sql::in_chunks({wanted.begin(), wanted.end()}, [&](const sql::InList& ids) {
    return tx.query(
        str_cat("SELECT trace_id, span_id, parent_id, tokens FROM trace_spans WHERE trace_id IN (", ids.marks, ")"),
        ids.values, [&](const sql::Row& row) {
          nodes[row.string(0)].push_back({row.string(1), row.string(2), row.string(3)});
          return ok_status();
        });
  }));
  for (const auto& [id, spans] : nodes) {
    const auto sum = sum_tokens(spans);
    if (!sum) continue;
    RETURN_IF_ERROR(store::put_pairs(tx, "trace_metadata", {{id, std::string(kTokenUsage), *sum}}));
    RETURN_IF_ERROR(store::put_token_counts(tx, id, {{std::string(kTokenUsage), *sum}}));
  }
  return ok_status();
}

}  // namespace treadle::traces
