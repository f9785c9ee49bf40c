#include <limits>
#include <map>
#include <unordered_map>

#include "base/json.h"
#include "base/strings.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/sql_store.h"
#include "storage/sql/in_list.h"

namespace treadle::tracking::store {
namespace {

Status unknown(const std::string& id) { return not_found("Run with id=", id, " not found"); }

Run read_run(const sql::Row& row) {
  Run run;
  run.id = row.string(0);
  run.experiment_id = row.string(1);
  run.name = row.string(2);
  run.status = parse_run_status(row.text(3)).value_or(RunStatus::kRunning);
  run.deleted = row.integer(4) != 0;
  run.start_ms = row.integer(5);
  run.end_ms = row.optional_integer(6);
  run.user = row.string(7);
  return run;
}

Metric read_metric(const sql::Row& row, int first) {
  const bool is_nan = row.integer(first + 4) != 0;
  return {row.string(first), is_nan ? std::numeric_limits<double>::quiet_NaN() : row.real(first + 3),
          row.integer(first + 2), row.integer(first + 1)};
}

Tags read_tags(std::string_view text) {
  Tags tags;
  const auto json = parse_json(text);
  if (!json.ok()) return tags;
  for (const auto& [key, value] : json->items())
    tags.emplace_back(key, value.is_string() ? value.get<std::string>() : "");
  return tags;
}

std::vector<std::string> ids_of(const std::vector<Run>& runs) {
  std::vector<std::string> ids;
  ids.reserve(runs.size());
  for (const Run& run : runs) ids.push_back(run.id);
  return ids;
}

// Params, tags, newest metrics and inputs of many runs, a few statements for all of them.
Status load_children(sql::Connection& connection, std::vector<Run>& runs) {
  std::unordered_map<std::string_view, Run*> by_id;
  for (Run& run : runs) by_id.emplace(run.id, &run);
  return sql::in_chunks(ids_of(runs), [&](const sql::InList& ids) -> Status {
    const auto each = [&](std::string_view columns, std::string_view table, const auto& put,
                          std::string_view order = "1, 2") {
      return connection.query(
          str_cat("SELECT run_id, ", columns, " FROM ", table, " WHERE run_id IN (", ids.marks, ") ORDER BY ", order),
          ids.values, [&](const sql::Row& row) {
            put(*by_id.at(row.text(0)), row);
            return ok_status();
          });
    };
    RETURN_IF_ERROR(each("key, value", "params",
                         [](Run& run, const sql::Row& row) { run.params.emplace_back(row.string(1), row.string(2)); }));
    RETURN_IF_ERROR(each("key, value", "run_tags",
                         [](Run& run, const sql::Row& row) { run.tags.emplace_back(row.string(1), row.string(2)); }));
    RETURN_IF_ERROR(each("key, step, time_ms, value, is_nan", "latest_metrics",
                         [](Run& run, const sql::Row& row) { run.metrics.push_back(read_metric(row, 1)); }));
    RETURN_IF_ERROR(each(
        "name, digest, source_type, source, schema, profile, tags", "run_inputs",
        [](Run& run, const sql::Row& row) {
          run.inputs.push_back({row.string(1), row.string(2), row.string(3), row.string(4), row.string(5),
                                row.string(6), read_tags(row.text(7))});
        },
        "run_id, position, name, digest"));  // as they were logged
    RETURN_IF_ERROR(each("model_id, direction, step", "run_models", [](Run& run, const sql::Row& row) {
      auto& links = row.text(2) == "input" ? run.model_inputs : run.model_outputs;
      links.push_back({row.string(1), row.integer(3)});
    }));
    return ok_status();
  });
}

void add_row(sql::Values& values, std::string_view run, std::string_view key, std::string_view value) {
  values.emplace_back(run);
  values.emplace_back(key);
  values.emplace_back(value);
}

constexpr std::string_view kColumns =
    "SELECT id, experiment_id, name, status, deleted, start_ms, end_ms, user_id FROM runs";

}  // namespace

Status insert_run(sql::Connection& tx, const Run& run) {
  return tx
      .execute(
          "INSERT INTO runs(id, experiment_id, name, status, start_ms, end_ms, user_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
          {run.id, run.experiment_id, run.name, to_string(run.status), run.start_ms, run.end_ms, run.user})
      .status();
}

StatusOr<Run> load_run_row(sql::Connection& connection, const std::string& id) {
  std::optional<Run> found;
  RETURN_IF_ERROR(connection.query(str_cat(kColumns, " WHERE id = ?"), {id}, [&](const sql::Row& row) {
    found = read_run(row);
    return ok_status();
  }));
  if (!found) return unknown(id);
  return *std::move(found);
}

StatusOr<Run> load_run(sql::Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(Run row, load_run_row(connection, id));
  std::vector<Run> runs;
  runs.push_back(std::move(row));
  RETURN_IF_ERROR(load_children(connection, runs));
  return std::move(runs.front());
}

StatusOr<Page<Run>> load_page(sql::Connection& connection, std::vector<std::string> ids, std::int64_t limit) {
  Page<Run> page;
  page.more = ids.size() > static_cast<std::size_t>(limit);
  if (page.more) ids.resize(static_cast<std::size_t>(limit));
  std::unordered_map<std::string_view, std::size_t> place;
  for (std::size_t i = 0; i < ids.size(); ++i) place.emplace(ids[i], i);
  page.items.resize(ids.size());
  RETURN_IF_ERROR(sql::in_chunks(ids, [&](const sql::InList& some) {
    return connection.query(str_cat(kColumns, " WHERE id IN (", some.marks, ")"), some.values,
                            [&](const sql::Row& row) {
                              page.items[place.at(row.text(0))] = read_run(row);
                              return ok_status();
                            });
  }));
  std::erase_if(page.items, [](const Run& run) { return run.id.empty(); });
  RETURN_IF_ERROR(load_children(connection, page.items));
  return page;
}

Status update_run(sql::Connection& tx, const std::string& id, const RunUpdate& update) {
  const auto set = [&](std::string_view column, const sql::Value& value) {
    return tx.execute(str_cat("UPDATE runs SET ", column, " = ? WHERE id = ?"), {value, id}).status();
  };
  if (update.status) RETURN_IF_ERROR(set("status", to_string(*update.status)));
  if (update.end_ms) RETURN_IF_ERROR(set("end_ms", *update.end_ms));
  if (update.name) RETURN_IF_ERROR(set("name", *update.name));
  return ok_status();
}

Status put_run_row(sql::Connection& tx, const Run& run) {
  return tx
      .execute("UPDATE runs SET name = ?, status = ?, deleted = ?, start_ms = ?, end_ms = ?, user_id = ? WHERE id = ?",
               {run.name, to_string(run.status), run.deleted, run.start_ms, run.end_ms, run.user, run.id})
      .status();
}

Status mark_run(sql::Connection& tx, const std::string& id, bool deleted) {
  ASSIGN_OR_RETURN(const std::int64_t changed, tx.execute("UPDATE runs SET deleted = ? WHERE id = ?", {deleted, id}));
  return changed == 0 ? unknown(id) : ok_status();
}

StatusOr<std::optional<ParamChange>> put_params(sql::Connection& tx, const std::string& run, const Tags& params) {
  sql::Values values;
  values.reserve(params.size() * 3);
  for (const auto& [key, value] : params) add_row(values, run, key, value);
  ASSIGN_OR_RETURN(const std::int64_t inserted, sql::insert_rows(tx, "INSERT INTO params(run_id, key, value) VALUES ",
                                                                 3, values, " ON CONFLICT DO NOTHING"));
  if (inserted == static_cast<std::int64_t>(params.size())) return std::nullopt;
  std::unordered_map<std::string, std::string> kept;
  RETURN_IF_ERROR(tx.query("SELECT key, value FROM params WHERE run_id = ?", {run}, [&](const sql::Row& row) {
    kept.emplace(row.string(0), row.string(1));
    return ok_status();
  }));
  for (const auto& [key, value] : params) {
    if (kept.at(key) != value) return ParamChange{key, kept.at(key), value};
  }
  return std::nullopt;
}

Status put_tags(sql::Connection& tx, const std::string& run, const Tags& tags) {
  std::map<std::string_view, std::string_view> last;  // of a key that comes twice
  for (const auto& [key, value] : tags) last.insert_or_assign(key, value);
  sql::Values values;
  values.reserve(last.size() * 3);
  for (const auto& [key, value] : last) add_row(values, run, key, value);
  return sql::insert_rows(tx, "INSERT INTO run_tags(run_id, key, value) VALUES ", 3, values,
                          " ON CONFLICT(run_id, key) DO UPDATE SET value = excluded.value")
      .status();
}

StatusOr<bool> remove_tag(sql::Connection& tx, const std::string& run, const std::string& key) {
  ASSIGN_OR_RETURN(const std::int64_t changed,
                   tx.execute("DELETE FROM run_tags WHERE run_id = ? AND key = ?", {run, key}));
  return changed > 0;
}

StatusOr<std::vector<DatasetSummary>> search_datasets(sql::Connection& connection,
                                                      const std::vector<std::string>& experiment_ids,
                                                      std::int64_t limit) {
  SqlText sql{
      "SELECT DISTINCT r.experiment_id, i.name, i.digest, i.context FROM run_inputs i JOIN runs r ON r.id = i.run_id"
      " WHERE r.deleted = 0",
      {}};
  append_in(sql, "r.experiment_id", experiment_ids);
  sql.text += " ORDER BY 2, 3, 4, 1 LIMIT ?";
  sql.values.emplace_back(limit);
  std::vector<DatasetSummary> found;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    found.push_back({row.string(0), row.string(1), row.string(2), row.string(3)});
    return ok_status();
  }));
  return found;
}

Status put_input(sql::Connection& tx, const std::string& run, const DatasetInput& input) {
  Json tags = Json::object();
  std::string context;
  for (const auto& [key, value] : input.tags) {
    tags[key] = value;
    if (key == "mlflow.data.context") context = value;
  }
  return tx
      .execute(
          "INSERT INTO run_inputs(run_id, name, digest, source_type, source, schema, profile, context, tags, position)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM run_inputs WHERE run_id = "
          "?))"
          " ON CONFLICT DO NOTHING",
          {run, input.name, input.digest, input.source_type, input.source, input.schema, input.profile, context,
           to_text(tags), run})
      .status();
}

}  // namespace treadle::tracking::store
