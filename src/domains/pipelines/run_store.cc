#include "domains/pipelines/store.h"

namespace treadle::pipelines::store {
namespace {

constexpr std::string_view kSchema = R"(
CREATE TABLE pipeline_runs (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, pipeline TEXT NOT NULL, pipeline_id TEXT NOT NULL,
  version_id TEXT NOT NULL, experiment_id TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL,
  created_ms BIGINT NOT NULL, started_ms BIGINT NOT NULL, finished_ms BIGINT NOT NULL, parameters TEXT NOT NULL,
  spec TEXT NOT NULL, caching INTEGER, cancel_requested INTEGER NOT NULL, archived INTEGER NOT NULL);
CREATE INDEX pipeline_runs_created ON pipeline_runs(created_ms);
CREATE INDEX pipeline_runs_pipeline ON pipeline_runs(pipeline, created_ms);
CREATE INDEX pipeline_runs_experiment ON pipeline_runs(experiment_id, created_ms);
CREATE INDEX pipeline_runs_state ON pipeline_runs(state, created_ms);
CREATE TABLE pipeline_tasks (
  run_id TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, display_name TEXT NOT NULL,
  component TEXT NOT NULL, parent TEXT NOT NULL, state TEXT NOT NULL, started_ms BIGINT NOT NULL,
  finished_ms BIGINT NOT NULL, depends_on TEXT NOT NULL, inputs TEXT NOT NULL, outputs TEXT NOT NULL,
  error TEXT NOT NULL, attempts INTEGER NOT NULL, PRIMARY KEY(run_id, name));
CREATE TABLE pipeline_cache (
  key TEXT PRIMARY KEY, run_id TEXT NOT NULL, task TEXT NOT NULL, outputs TEXT NOT NULL, created_ms BIGINT NOT NULL);
CREATE TABLE pipelines (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, description TEXT NOT NULL,
  created_ms BIGINT NOT NULL);
CREATE TABLE pipeline_versions (
  id TEXT PRIMARY KEY, pipeline_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  created_ms BIGINT NOT NULL, position INTEGER NOT NULL, spec TEXT NOT NULL, UNIQUE(pipeline_id, name));
)";

// Which code was submitted.
constexpr std::string_view kCodeVersions = R"(
ALTER TABLE pipeline_runs ADD COLUMN code_commit TEXT NOT NULL DEFAULT '';
ALTER TABLE pipeline_runs ADD COLUMN code_dirty INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pipeline_versions ADD COLUMN code_commit TEXT NOT NULL DEFAULT '';
ALTER TABLE pipeline_versions ADD COLUMN code_dirty INTEGER NOT NULL DEFAULT 0;
)";

constexpr std::string_view kRunColumns =
    "id, name, description, pipeline, pipeline_id, version_id, experiment_id, state, error, created_ms, started_ms, "
    "finished_ms, parameters, cancel_requested, archived, code_commit, code_dirty";

Run read_run(const sql::Row& row) {
  Run run;
  run.id = row.string(0);
  run.name = row.string(1);
  run.description = row.string(2);
  run.pipeline = row.string(3);
  run.pipeline_id = row.string(4);
  run.version_id = row.string(5);
  run.experiment_id = row.string(6);
  run.state = parse_run_state(row.text(7)).value_or(RunState::kFailed);
  run.error = row.string(8);
  run.created_ms = row.integer(9);
  run.started_ms = row.integer(10);
  run.finished_ms = row.integer(11);
  run.parameters = parse_json_object(row.text(12)).value_or(Json::object());
  run.cancel_requested = row.integer(13) != 0;
  run.archived = row.integer(14) != 0;
  run.code = {row.string(15), row.integer(16) != 0};
  return run;
}

std::string order_clause(const RunQuery& query) {
  const std::string_view direction = query.descending ? "DESC" : "ASC";
  std::string column = "created_ms";
  if (query.order_by == "finished_at") column = "finished_ms";
  if (query.order_by == "name" || query.order_by == "state") column = query.order_by;
  return str_cat(" ORDER BY ", column, " ", direction, ", id ", direction);
}

}  // namespace

std::vector<sql::Migration> migrations() { return {{1, kSchema}, {2, kCodeVersions}}; }

Status insert_run(sql::Connection& tx, const Run& run, const Json& spec, std::optional<bool> caching) {
  return detail::as_status(tx.execute(
      "INSERT INTO pipeline_runs(id, name, description, pipeline, pipeline_id, version_id, experiment_id, "
      "state, error, "
      "created_ms, started_ms, finished_ms, parameters, spec, caching, cancel_requested, archived, "
      "code_commit, code_dirty) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {run.id, run.name, run.description, run.pipeline, run.pipeline_id, run.version_id, run.experiment_id,
       to_string(run.state), run.error, run.created_ms, run.started_ms, run.finished_ms, to_text(run.parameters),
       to_text(spec), caching, run.cancel_requested, run.archived, run.code.commit, run.code.dirty}));
}

Status update_run(sql::Connection& tx, const Run& run) {
  return detail::as_status(
      tx.execute("UPDATE pipeline_runs SET state = ?, error = ?, started_ms = ?, finished_ms = ? WHERE id = ?",
                 {to_string(run.state), run.error, run.started_ms, run.finished_ms, run.id}));
}

StatusOr<Run> load_run(sql::Connection& connection, const std::string& id) {
  std::optional<Run> found;
  RETURN_IF_ERROR(connection.query(str_cat("SELECT ", kRunColumns, " FROM pipeline_runs WHERE id = ?"), {id},
                                   [&](const sql::Row& row) {
                                     found = read_run(row);
                                     return ok_status();
                                   }));
  if (!found) return not_found("pipeline run ", id, " does not exist");
  return *found;
}

StatusOr<RunSpec> load_spec(sql::Connection& connection, const std::string& id) {
  StatusOr<RunSpec> found = not_found("pipeline run ", id, " does not exist");
  RETURN_IF_ERROR(connection.query("SELECT spec, caching FROM pipeline_runs WHERE id = ?", {id},
                                   [&](const sql::Row& row) -> Status {
                                     RunSpec out;
                                     ASSIGN_OR_RETURN(out.spec, parse_json(row.text(0)));
                                     if (!row.is_null(1)) out.caching = row.integer(1) != 0;
                                     found = std::move(out);
                                     return ok_status();
                                   }));
  return found;
}

StatusOr<Page<Run>> list_runs(sql::Connection& connection, const RunQuery& query) {
  std::string where = " WHERE 1 = 1";
  sql::Values values;
  const auto equals = [&](std::string_view column, const std::string& value) {
    if (value.empty()) return;
    str_append(&where, " AND ", column, " = ?");
    values.emplace_back(value);
  };
  equals("pipeline", query.pipeline);
  equals("pipeline_id", query.pipeline_id);
  equals("experiment_id", query.experiment_id);
  equals("name", query.name);
  if (query.state) equals("state", std::string(to_string(*query.state)));
  if (!query.name_contains.empty()) {
    where += " AND name LIKE ? ESCAPE '\\'";
    std::string pattern = replace_all(query.name_contains, "\\", "\\\\");
    pattern = replace_all(replace_all(pattern, "%", "\\%"), "_", "\\_");
    values.emplace_back(str_cat("%", pattern, "%"));
  }
  if (query.archived) {
    where += " AND archived = ?";
    values.emplace_back(*query.archived);
  }
  Page<Run> page;
  ASSIGN_OR_RETURN(const auto total,
                   connection.query_integer(str_cat("SELECT COUNT(*) FROM pipeline_runs", where), values));
  page.total = total.value_or(0);
  values.emplace_back(query.limit);
  values.emplace_back(query.offset);
  RETURN_IF_ERROR(connection.query(
      str_cat("SELECT ", kRunColumns, " FROM pipeline_runs", where, order_clause(query), " LIMIT ? OFFSET ?"), values,
      [&](const sql::Row& row) {
        page.items.push_back(read_run(row));
        return ok_status();
      }));
  page.more = query.offset + static_cast<std::int64_t>(page.items.size()) < page.total;
  return page;
}

StatusOr<std::vector<std::string>> unfinished_runs(sql::Connection& connection) {
  std::vector<std::string> ids;
  RETURN_IF_ERROR(
      connection.query("SELECT id FROM pipeline_runs WHERE state IN ('PENDING', 'RUNNING') ORDER BY created_ms, id", {},
                       [&](const sql::Row& row) {
                         ids.push_back(row.string(0));
                         return ok_status();
                       }));
  return ids;
}

Status delete_run(sql::Connection& tx, const std::string& id) {
  RETURN_IF_ERROR(tx.execute("DELETE FROM pipeline_cache WHERE run_id = ?", {id}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM pipeline_tasks WHERE run_id = ?", {id}));
  return detail::as_status(tx.execute("DELETE FROM pipeline_runs WHERE id = ?", {id}));
}

Status put_task(sql::Connection& tx, const std::string& run_id, std::size_t position, const Task& task) {
  return detail::as_status(tx.execute(
      "INSERT INTO pipeline_tasks(run_id, name, position, display_name, component, parent, state, started_ms, "
      "finished_ms, depends_on, inputs, outputs, error, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT(run_id, name) DO UPDATE SET state = excluded.state, started_ms = excluded.started_ms, "
      "finished_ms = excluded.finished_ms, inputs = excluded.inputs, outputs = excluded.outputs, "
      "error = excluded.error, attempts = excluded.attempts",
      {run_id, task.name, static_cast<std::int64_t>(position), task.display_name, task.component, task.parent,
       to_string(task.state), task.started_ms, task.finished_ms, to_text(Json(task.depends_on)), to_text(task.inputs),
       to_text(task.outputs), task.error, task.attempts}));
}

StatusOr<std::vector<Task>> load_tasks(sql::Connection& connection, const std::string& run_id) {
  std::vector<Task> tasks;
  RETURN_IF_ERROR(connection.query(
      "SELECT name, display_name, component, parent, state, started_ms, finished_ms, depends_on, inputs, outputs, "
      "error, attempts FROM pipeline_tasks WHERE run_id = ? ORDER BY position, name",
      {run_id}, [&](const sql::Row& row) -> Status {
        Task task;
        task.name = row.string(0);
        task.display_name = row.string(1);
        task.component = row.string(2);
        task.parent = row.string(3);
        task.state = parse_task_state(row.text(4)).value_or(TaskState::kFailed);
        task.started_ms = row.integer(5);
        task.finished_ms = row.integer(6);
        ASSIGN_OR_RETURN(const Json depends_on, parse_json(row.text(7)));
        for (const Json& name : depends_on) task.depends_on.push_back(name.get<std::string>());
        ASSIGN_OR_RETURN(task.inputs, parse_json_object(row.text(8)));
        ASSIGN_OR_RETURN(task.outputs, parse_json_object(row.text(9)));
        task.error = row.string(10);
        task.attempts = static_cast<int>(row.integer(11));
        tasks.push_back(std::move(task));
        return ok_status();
      }));
  return tasks;
}

StatusOr<std::optional<CacheEntry>> find_cached(sql::Connection& connection, const std::string& key) {
  std::optional<CacheEntry> found;
  RETURN_IF_ERROR(connection.query("SELECT run_id, task, outputs FROM pipeline_cache WHERE key = ?", {key},
                                   [&](const sql::Row& row) -> Status {
                                     CacheEntry entry{row.string(0), row.string(1), {}};
                                     ASSIGN_OR_RETURN(entry.outputs, parse_json_object(row.text(2)));
                                     found = std::move(entry);
                                     return ok_status();
                                   }));
  return found;
}

Status put_cached(sql::Connection& tx, const std::string& key, const CacheEntry& entry, std::int64_t now_ms) {
  return detail::as_status(
      tx.execute("INSERT INTO pipeline_cache(key, run_id, task, outputs, created_ms) VALUES (?, ?, ?, ?, ?) "
                 "ON CONFLICT(key) DO UPDATE SET run_id = excluded.run_id, task = excluded.task, "
                 "outputs = excluded.outputs, created_ms = excluded.created_ms",
                 {key, entry.run_id, entry.task, to_text(entry.outputs), now_ms}));
}

}  // namespace treadle::pipelines::store
