// The tables of traces.
#pragma once

#include "base/status.h"
#include "domains/traces/types.h"
#include "storage/sql/database.h"

namespace treadle::traces::store {

const std::vector<sql::Migration>& migrations();

Status put_info(sql::Connection& tx, const TraceInfo& info);
// Only those that are not there yet.
Status add_infos(sql::Connection& tx, const std::vector<TraceInfo>& infos);
// `table` is trace_tags or trace_metadata.
Status put_pairs(sql::Connection& tx, std::string_view table, const std::string& trace, const Pairs& pairs);
Status put_spans(sql::Connection& tx, const std::vector<Span>& spans);
// By ids; whole.
StatusOr<std::vector<TraceInfo>> load_infos(sql::Connection& connection, const std::vector<std::string>& ids);
StatusOr<std::vector<Trace>> load_spans(sql::Connection& connection, std::vector<TraceInfo> infos);
StatusOr<std::vector<std::string>> find(sql::Connection& connection, const Query& query);
StatusOr<std::int64_t> remove(sql::Connection& tx, const Deletion& deletion);

}  // namespace treadle::traces::store
