// The tables of traces.
#pragma once

#include "base/status.h"
#include "domains/traces/span_facts.h"
#include "domains/traces/types.h"
#include "storage/sql/database.h"

namespace treadle::traces {

Status no_trace(const std::string& id);

}  // namespace treadle::traces

namespace treadle::traces::store {

const std::vector<sql::Migration>& migrations();

// A tag or a piece of metadata, and whose it is.
struct Owned {
  std::string trace_id, key, value;
};

// New ones, and those that are there anew; each trace at most once.
Status put_infos(sql::Connection& tx, const std::vector<TraceInfo>& infos);
// `table` is trace_tags or trace_metadata. Of a key that comes twice the last value counts.
Status put_pairs(sql::Connection& tx, std::string_view table, const std::vector<Owned>& pairs);
// What put_spans stores of them; made before the transaction, which all writers wait for.
sql::Values span_rows(const std::vector<Span>& spans, const std::vector<SpanFacts>& facts);
Status put_spans(sql::Connection& tx, const sql::Values& rows);
// Those that `metadata` tells, in place of those there; nothing when it tells none.
Status put_token_counts(sql::Connection& tx, const std::string& trace_id, const Pairs& metadata);
// Fills in what newer columns hold of traces stored before there were such; safe to interrupt. (upgrade.cc)
Status upgrade(sql::Database& database);
// By ids; whole.
StatusOr<std::vector<TraceInfo>> load_infos(sql::Connection& connection, const std::vector<std::string>& ids);
// kNotFound naming the first that is not there; reads nothing else of them.
Status must_exist(sql::Connection& connection, const std::vector<std::string>& ids);
StatusOr<std::vector<Trace>> load_spans(sql::Connection& connection, std::vector<TraceInfo> infos);
StatusOr<std::vector<std::string>> find(sql::Connection& connection, const Query& query);
StatusOr<Overlap> overlap(sql::Connection& connection, const OverlapQuery& query);
Status link(sql::Connection& tx, const std::vector<std::string>& ids, const std::string& run_id);
Status link_prompts(sql::Connection& tx, const std::string& id, const std::vector<std::string>& prompts);
StatusOr<std::int64_t> remove(sql::Connection& tx, const Deletion& deletion);

}  // namespace treadle::traces::store
