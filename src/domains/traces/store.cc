#include "domains/traces/store.h"

#include <map>
#include <set>

#include "base/strings.h"
#include "domains/traces/span_facts.h"
#include "storage/sql/in_list.h"

namespace treadle::traces::store {
namespace {

void append_info(sql::Values& values, const TraceInfo& info) {
  for (sql::Value value : {sql::Value(info.id), sql::Value(info.experiment_id), sql::Value(info.request_ms),
                           sql::Value(info.duration_ms), sql::Value(info.state), sql::Value(info.client_request_id),
                           sql::Value(info.request_preview), sql::Value(info.response_preview)})
    values.push_back(std::move(value));
}

constexpr std::string_view kColumns =
    "id, experiment_id, request_ms, duration_ms, state, client_request_id, request_preview, response_preview";

TraceInfo read_info(const sql::Row& row) {
  return {.id = row.string(0),
          .experiment_id = row.string(1),
          .request_ms = row.integer(2),
          .duration_ms = row.optional_integer(3),
          .state = row.string(4),
          .client_request_id = row.optional_string(5),
          .request_preview = row.optional_string(6),
          .response_preview = row.optional_string(7)};
}

constexpr std::size_t kSpanColumns = 15;

using Places = std::map<std::string, std::size_t, std::less<>>;

Status load_pairs(sql::Connection& connection, std::string_view table, const Places& places, const sql::InList& ids,
                  std::vector<TraceInfo>& infos, Pairs TraceInfo::*member) {
  return connection.query(
      str_cat("SELECT trace_id, key, value FROM ", table, " WHERE trace_id IN (", ids.marks,
              ") ORDER BY trace_id, key"),
      ids.values, [&](const sql::Row& row) {
        (infos[places.find(row.text(0))->second].*member).emplace_back(row.string(1), row.string(2));
        return ok_status();
      });
}

Places places_of(const std::vector<TraceInfo>& infos) {
  Places places;
  for (std::size_t i = 0; i < infos.size(); ++i) places.emplace(infos[i].id, i);
  return places;
}

std::vector<std::string> ids_of(const std::vector<TraceInfo>& infos) {
  std::vector<std::string> ids;
  ids.reserve(infos.size());
  for (const TraceInfo& info : infos) ids.push_back(info.id);
  return ids;
}

}  // namespace

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {
      {1,
       "CREATE TABLE traces(id TEXT PRIMARY KEY, experiment_id TEXT NOT NULL, request_ms BIGINT NOT NULL,"
       " duration_ms BIGINT, state TEXT NOT NULL, client_request_id TEXT, request_preview TEXT, response_preview TEXT);"
       "CREATE INDEX traces_by_time ON traces(experiment_id, request_ms, id);"
       "CREATE TABLE trace_tags(trace_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(trace_id, key));"
       "CREATE TABLE trace_metadata(trace_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(trace_id, key));"
       "CREATE TABLE trace_spans(trace_id TEXT NOT NULL, span_id TEXT NOT NULL, start_ns BIGINT NOT NULL,"
       " body TEXT NOT NULL, PRIMARY KEY(trace_id, span_id))"},
      {2,
       "CREATE TABLE assessments(id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,"
       " value TEXT NOT NULL, error TEXT, source_type TEXT NOT NULL, source_id TEXT NOT NULL, span_id TEXT,"
       " rationale TEXT, overrides TEXT NOT NULL, valid INTEGER NOT NULL, created_ms BIGINT NOT NULL,"
       " updated_ms BIGINT NOT NULL, metadata TEXT NOT NULL, text TEXT NOT NULL, number DOUBLE PRECISION);"
       "CREATE INDEX assessments_by_trace ON assessments(trace_id, kind, name);"
       "CREATE TABLE trace_runs(trace_id TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY(run_id, trace_id));"
       "CREATE INDEX trace_runs_by_trace ON trace_runs(trace_id)"},
      // What searches and aggregates compare. Of the traces that are there `upgrade` fills it in.
      {3,
       "ALTER TABLE trace_spans ADD COLUMN end_ns BIGINT;"
       "ALTER TABLE trace_spans ADD COLUMN name TEXT;"
       "ALTER TABLE trace_spans ADD COLUMN type TEXT;"
       "ALTER TABLE trace_spans ADD COLUMN status TEXT;"
       "ALTER TABLE trace_spans ADD COLUMN model TEXT;"
       "ALTER TABLE trace_spans ADD COLUMN provider TEXT;"
       "ALTER TABLE trace_spans ADD COLUMN input_cost DOUBLE PRECISION;"
       "ALTER TABLE trace_spans ADD COLUMN output_cost DOUBLE PRECISION;"
       "ALTER TABLE trace_spans ADD COLUMN total_cost DOUBLE PRECISION;"
       "CREATE TABLE trace_numbers(trace_id TEXT NOT NULL, key TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,"
       " PRIMARY KEY(trace_id, key));"
       "CREATE TABLE traces_to_upgrade(id TEXT PRIMARY KEY);"
       "INSERT INTO traces_to_upgrade SELECT id FROM traces"},
      // The partial index finds the traces of sessions; the value may be too long for PostgreSQL to index.
      {4,
       "CREATE TABLE trace_prompts(trace_id TEXT NOT NULL, prompt TEXT NOT NULL, PRIMARY KEY(trace_id, prompt));"
       "CREATE INDEX trace_sessions ON trace_metadata(trace_id) WHERE key = 'mlflow.trace.session';"
       "CREATE INDEX assessments_by_name ON assessments(kind, name)"},
      {5, "ALTER TABLE trace_spans ADD COLUMN parent_id TEXT; ALTER TABLE trace_spans ADD COLUMN tokens TEXT"}};
  return list;
}

Status put_infos(sql::Connection& tx, const std::vector<TraceInfo>& infos) {
  sql::Values values;
  for (const TraceInfo& info : infos) append_info(values, info);
  return sql::insert_rows(tx, str_cat("INSERT INTO traces(", kColumns, ") VALUES "), 8, values,
                          " ON CONFLICT(id) DO UPDATE SET request_ms = excluded.request_ms, duration_ms ="
                          " excluded.duration_ms, state = excluded.state, client_request_id ="
                          " excluded.client_request_id, request_preview = COALESCE(excluded.request_preview,"
                          " traces.request_preview), response_preview = COALESCE(excluded.response_preview,"
                          " traces.response_preview)")
      .status();
}

Status put_pairs(sql::Connection& tx, std::string_view table, const std::vector<Owned>& pairs) {
  // A key once: PostgreSQL refuses to update a row twice in one statement.
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> once;
  for (const Owned& pair : pairs) once[{pair.trace_id, pair.key}] = pair.value;
  sql::Values values;
  for (const auto& [place, value] : once) {
    values.emplace_back(place.first);
    values.emplace_back(place.second);
    values.emplace_back(value);
  }
  return sql::insert_rows(tx, str_cat("INSERT INTO ", table, "(trace_id, key, value) VALUES "), 3, values,
                          " ON CONFLICT(trace_id, key) DO UPDATE SET value = excluded.value")
      .status();
}

sql::Values span_rows(const std::vector<Span>& spans, const std::vector<SpanFacts>& facts_of_each) {
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> once;
  for (std::size_t i = 0; i < spans.size(); ++i) once[{spans[i].trace_id, spans[i].id}] = i;
  sql::Values values;
  values.reserve(once.size() * kSpanColumns);
  for (const auto& [key, place] : once) {
    const Span* const span = &spans[place];
    const SpanFacts& facts = facts_of_each[place];
    for (sql::Value value : {sql::Value(span->trace_id), sql::Value(span->id), sql::Value(span->start_ns),
                             sql::Value(span->body), sql::Value(span->end_ns), sql::Value(span->name),
                             sql::Value(facts.type), sql::Value(facts.status), sql::Value(facts.model),
                             sql::Value(facts.provider), sql::Value(facts.input_cost), sql::Value(facts.output_cost),
                             sql::Value(facts.total_cost), sql::Value(span->parent_id), sql::Value(facts.tokens)})
      values.push_back(std::move(value));
  }
  return values;
}

Status put_spans(sql::Connection& tx, const sql::Values& rows) {
  return sql::insert_rows(tx,
                          "INSERT INTO trace_spans(trace_id, span_id, start_ns, body, end_ns, name, type, status,"
                          " model, provider, input_cost, output_cost, total_cost, parent_id, tokens) VALUES ",
                          kSpanColumns, rows,
                          " ON CONFLICT(trace_id, span_id) DO UPDATE SET start_ns = excluded.start_ns, body ="
                          " excluded.body, end_ns = excluded.end_ns, name = excluded.name, type = excluded.type,"
                          " status = excluded.status, model = excluded.model, provider = excluded.provider, input_cost"
                          " = excluded.input_cost, output_cost = excluded.output_cost, total_cost ="
                          " excluded.total_cost, parent_id = excluded.parent_id, tokens = excluded.tokens")
      .status();
}

Status put_token_counts(sql::Connection& tx, const std::string& trace_id, const Pairs& metadata) {
  for (const auto& [key, text] : metadata) {
    if (key != kTokenUsage) continue;
    sql::Values values;
    for (const auto& [kind, count] : token_counts(text)) {
      values.emplace_back(trace_id);
      values.emplace_back(kind);
      values.emplace_back(count);
    }
    // What was counted before is counted anew, whole.
    RETURN_IF_ERROR(tx.execute("DELETE FROM trace_numbers WHERE trace_id = ?", {trace_id}));
    return sql::insert_rows(tx, "INSERT INTO trace_numbers(trace_id, key, value) VALUES ", 3, values, "").status();
  }
  return ok_status();
}

StatusOr<std::vector<TraceInfo>> load_infos(sql::Connection& connection, const std::vector<std::string>& ids) {
  std::map<std::string, TraceInfo, std::less<>> found;
  std::vector<TraceInfo> infos;
  if (ids.empty()) return infos;
  const sql::InList asked = sql::in_list(ids);
  RETURN_IF_ERROR(connection.query(str_cat("SELECT ", kColumns, " FROM traces WHERE id IN (", asked.marks, ")"),
                                   asked.values, [&](const sql::Row& row) {
                                     found.emplace(row.string(0), read_info(row));
                                     return ok_status();
                                   }));
  for (const std::string& id : ids) {
    const auto it = found.find(id);
    if (it == found.end()) continue;
    infos.push_back(std::move(it->second));
    found.erase(it);
  }
  const Places places = places_of(infos);
  RETURN_IF_ERROR(load_pairs(connection, "trace_tags", places, asked, infos, &TraceInfo::tags));
  RETURN_IF_ERROR(load_pairs(connection, "trace_metadata", places, asked, infos, &TraceInfo::metadata));
  ASSIGN_OR_RETURN(std::vector<Assessment> assessments, load_assessments(connection, ids_of(infos)));
  for (Assessment& one : assessments) {
    const std::size_t place = places.find(one.trace_id)->second;
    infos[place].assessments.push_back(std::move(one));
  }
  return infos;
}

Status must_exist(sql::Connection& connection, const std::vector<std::string>& ids) {
  std::set<std::string, std::less<>> found;
  const sql::InList asked = sql::in_list(ids);
  RETURN_IF_ERROR(connection.query(str_cat("SELECT id FROM traces WHERE id IN (", asked.marks, ")"), asked.values,
                                   [&](const sql::Row& row) {
                                     found.emplace(row.text(0));
                                     return ok_status();
                                   }));
  for (const std::string& id : ids) {
    if (!found.contains(id)) return no_trace(id);
  }
  return ok_status();
}

StatusOr<std::vector<Trace>> load_spans(sql::Connection& connection, std::vector<TraceInfo> infos) {
  std::vector<Trace> traces;
  if (infos.empty()) return traces;
  const Places places = places_of(infos);
  const sql::InList ids = sql::in_list(ids_of(infos));
  for (TraceInfo& info : infos) traces.push_back({.info = std::move(info), .spans = {}});
  RETURN_IF_ERROR(connection.query(str_cat("SELECT trace_id, body FROM trace_spans WHERE trace_id IN (", ids.marks,
                                           ") ORDER BY trace_id, COALESCE(parent_id, '') <> '', start_ns, span_id"),
                                   ids.values, [&](const sql::Row& row) {
                                     traces[places.find(row.text(0))->second].spans.push_back(row.string(1));
                                     return ok_status();
                                   }));
  return traces;
}

Status link(sql::Connection& tx, const std::vector<std::string>& ids, const std::string& run_id) {
  sql::Values values;
  for (const std::string& id : ids) {
    values.emplace_back(id);
    values.emplace_back(run_id);
  }
  return sql::insert_rows(tx, "INSERT INTO trace_runs(trace_id, run_id) VALUES ", 2, values, " ON CONFLICT DO NOTHING")
      .status();
}

Status link_prompts(sql::Connection& tx, const std::string& id, const std::vector<std::string>& prompts) {
  sql::Values values;
  for (const std::string& prompt : prompts) {
    values.emplace_back(id);
    values.emplace_back(prompt);
  }
  return sql::insert_rows(tx, "INSERT INTO trace_prompts(trace_id, prompt) VALUES ", 2, values,
                          " ON CONFLICT DO NOTHING")
      .status();
}

StatusOr<std::int64_t> remove(sql::Connection& tx, const Deletion& deletion) {
  std::string which = "SELECT id FROM traces WHERE experiment_id = ?";
  sql::Values values = {deletion.experiment_id};
  if (deletion.until_ms) {
    which += " AND request_ms <= ? ORDER BY request_ms, id";
    values.emplace_back(*deletion.until_ms);
    if (deletion.limit) {
      which += " LIMIT ?";
      values.emplace_back(*deletion.limit);
    }
  } else {
    const sql::InList ids = sql::in_list(deletion.ids);
    str_append(&which, " AND id IN (", ids.marks, ")");
    values.insert(values.end(), ids.values.begin(), ids.values.end());
  }
  // The traces themselves last, for they say which are meant.
  for (const std::string_view table :
       {"trace_tags", "trace_metadata", "trace_spans", "trace_numbers", "assessments", "trace_runs", "trace_prompts"}) {
    RETURN_IF_ERROR(tx.execute(str_cat("DELETE FROM ", table, " WHERE trace_id IN (", which, ")"), values));
  }
  return tx.execute(str_cat("DELETE FROM traces WHERE id IN (", which, ")"), values);
}

}  // namespace treadle::traces::store
