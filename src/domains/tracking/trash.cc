#include "domains/tracking/trash.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "storage/sql/in_list.h"

namespace treadle::tracking {
namespace {

constexpr std::size_t kChunk = 100;

// Every table with rows of a run, the run itself last.
constexpr std::array<std::string_view, 7> kRunTables = {"params",         "run_tags",   "metrics",   "metric_segments",
                                                        "latest_metrics", "run_inputs", "run_models"};
constexpr std::array<std::string_view, 3> kModelTables = {"logged_model_params", "logged_model_tags",
                                                          "logged_model_metrics"};

template <typename Work>
Status in_chunks(const std::vector<std::string>& ids, Work work) {
  for (std::size_t first = 0; first < ids.size(); first += kChunk) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), first + kChunk));
    RETURN_IF_ERROR(work(std::vector<std::string>(begin, end)));
  }
  return ok_status();
}

StatusOr<std::vector<std::string>> query_ids(sql::Connection& connection, std::string_view sql,
                                             const sql::Values& values) {
  std::vector<std::string> ids;
  RETURN_IF_ERROR(connection.query(sql, values, [&](const sql::Row& row) {
    ids.push_back(row.string(0));
    return ok_status();
  }));
  return ids;
}

// The folder of an experiment; one that is kept elsewhere has none here, and its name leads to nothing.
constexpr std::string_view kHome =
    "COALESCE((SELECT CASE p.folder WHEN '' THEN 'elsewhere/' || p.experiment_id ELSE p.folder END FROM"
    " experiment_places p WHERE p.experiment_id = o.experiment_id), 'artifacts/' || o.experiment_id)";

// Logged models have no mark of their own when their experiment was deleted.
constexpr std::string_view kStillDeleted =
    "(deleted = 1 OR experiment_id IN (SELECT CAST(id AS TEXT) FROM experiments WHERE deleted = 1))";

// The rows of `ids` that are still deleted, with the folder of each one's files noted, are removed.
Status remove_rows(sql::Connection& tx, std::string_view table, std::string_view owner, std::string_view folder,
                   const std::string_view* first, const std::string_view* last, const std::vector<std::string>& ids,
                   std::vector<std::string>& removed) {
  const sql::InList wanted = sql::in_list(ids);
  ASSIGN_OR_RETURN(
      const auto still,
      query_ids(tx, str_cat("SELECT id FROM ", table, " WHERE ", kStillDeleted, " AND id IN (", wanted.marks, ")"),
                wanted.values));
  if (still.empty()) return ok_status();
  const sql::InList list = sql::in_list(still);
  RETURN_IF_ERROR(tx.execute(str_cat("INSERT INTO trash_files(folder) SELECT ", folder, " FROM ", table, " o",
                                     " WHERE id IN (", list.marks, ") ON CONFLICT DO NOTHING"),
                             list.values));
  for (const std::string_view* child = first; child != last; ++child) {
    RETURN_IF_ERROR(
        tx.execute(str_cat("DELETE FROM ", *child, " WHERE ", owner, " IN (", list.marks, ")"), list.values));
  }
  RETURN_IF_ERROR(tx.execute(str_cat("DELETE FROM trash WHERE id IN (", list.marks, ")"), list.values));
  RETURN_IF_ERROR(tx.execute(str_cat("DELETE FROM ", table, " WHERE id IN (", list.marks, ")"), list.values));
  removed.insert(removed.end(), still.begin(), still.end());
  return ok_status();
}

Status remove_runs(sql::Connection& tx, const std::vector<std::string>& ids, std::vector<std::string>& removed) {
  return remove_rows(tx, "runs", "run_id", str_cat(kHome, " || '/' || id"), kRunTables.begin(), kRunTables.end(), ids,
                     removed);
}

Status remove_models(sql::Connection& tx, const std::vector<std::string>& ids, std::vector<std::string>& removed) {
  // A run may still say that it read or made the model.
  const sql::InList list = sql::in_list(ids);
  RETURN_IF_ERROR(tx.execute(str_cat("DELETE FROM run_models WHERE model_id IN (SELECT id FROM logged_models WHERE ",
                                     kStillDeleted, " AND id IN (", list.marks, "))"),
                             list.values));
  return remove_rows(tx, "logged_models", "model_id", str_cat(kHome, " || '/models/' || id"), kModelTables.begin(),
                     kModelTables.end(), ids, removed);
}

// Only when nothing is left in it.
Status remove_experiment(sql::Connection& tx, const std::string& id, const PurgeQuery& query,
                         std::vector<std::string>& removed) {
  const std::int64_t number = parse_int(id).value_or(-1);
  ASSIGN_OR_RETURN(const auto inside,
                   tx.query_integer("SELECT (SELECT COUNT(*) FROM runs WHERE experiment_id = ?)"
                                    " + (SELECT COUNT(*) FROM logged_models WHERE experiment_id = ?)",
                                    {id, id}));
  ASSIGN_OR_RETURN(const auto deleted, tx.query_integer("SELECT deleted FROM experiments WHERE id = ?", {number}));
  if (inside.value_or(0) != 0 || deleted.value_or(0) == 0) return ok_status();
  if (query.with_experiment) RETURN_IF_ERROR(query.with_experiment(tx, id));
  RETURN_IF_ERROR(
      tx.execute("INSERT INTO trash_files(folder) VALUES (?) ON CONFLICT DO NOTHING", {str_cat("artifacts/", id)}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM experiment_places WHERE experiment_id = ?", {id}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM experiment_tags WHERE experiment_id = ?", {number}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM trash WHERE kind = 'experiment' AND id = ?", {id}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM experiments WHERE id = ?", {number}));
  removed.push_back(id);
  return ok_status();
}

}  // namespace

Status Trash::open() {
  static const std::vector<sql::Migration> kMigrations = {
      {1,
       "CREATE TABLE trash(kind TEXT NOT NULL, id TEXT NOT NULL, deleted_ms BIGINT NOT NULL, PRIMARY KEY(kind, id));"
       "CREATE TABLE trash_files(folder TEXT PRIMARY KEY)"}};
  return sql::migrate(database_, "tracking_trash", kMigrations);
}

Status Trash::note(sql::Connection& tx, std::string_view kind, const std::string& id, std::int64_t now_ms) {
  // Deleting it again does not make it younger.
  return tx
      .execute("INSERT INTO trash(kind, id, deleted_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", {kind, id, now_ms})
      .status();
}

Status Trash::forget(sql::Connection& tx, std::string_view kind, const std::string& id) {
  // With an experiment all its runs come back.
  if (kind == "experiment") {
    RETURN_IF_ERROR(tx.execute(
        "DELETE FROM trash WHERE kind = 'run' AND id IN (SELECT id FROM runs WHERE experiment_id = ?)", {id}));
  }
  return tx.execute("DELETE FROM trash WHERE kind = ? AND id = ?", {kind, id}).status();
}

// Default always stays. What was deleted before there was a note of it counts as old. What lies in a deleted experiment
// was deleted with it.
StatusOr<std::vector<std::string>> Trash::due(sql::Connection& connection, std::string_view kind,
                                              std::int64_t before_ms) {
  if (kind == "experiment") {
    return query_ids(
        connection,
        "SELECT CAST(e.id AS TEXT) FROM experiments e LEFT JOIN trash t ON t.kind = 'experiment' AND"
        " t.id = CAST(e.id AS TEXT) WHERE e.deleted = 1 AND e.id <> 0 AND COALESCE(t.deleted_ms, 0) < ? ORDER BY e.id",
        {before_ms});
  }
  const std::string_view table = kind == "run" ? "runs" : "logged_models";
  const std::string_view deleted =
      kind == "run" ? "r.deleted = 1" : "(r.deleted = 1 OR (e.id IS NOT NULL AND t.id IS NULL))";
  return query_ids(connection,
                   str_cat("SELECT r.id FROM ", table,
                           " r LEFT JOIN trash t ON t.kind = ? AND t.id = r.id"
                           " LEFT JOIN trash e ON e.kind = 'experiment' AND e.id = r.experiment_id"
                           " WHERE ",
                           deleted, " AND COALESCE(t.deleted_ms, e.deleted_ms, 0) < ? ORDER BY r.id"),
                   {kind, before_ms});
}

Status Trash::remove_files() {
  std::vector<std::string> folders;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(folders, query_ids(connection, "SELECT folder FROM trash_files", {}));
    return ok_status();
  }));
  for (const std::string& folder : folders) RETURN_IF_ERROR(blobs_.remove(folder));
  return in_chunks(folders, [&](const std::vector<std::string>& some) {
    const sql::InList list = sql::in_list(some);
    return database_.write([&](sql::Connection& tx) {
      return tx.execute(str_cat("DELETE FROM trash_files WHERE folder IN (", list.marks, ")"), list.values).status();
    });
  });
}

StatusOr<Purged> Trash::purge(const PurgeQuery& query) {
  Purged due_now, purged;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(due_now.runs, due(connection, "run", query.before_ms));
    ASSIGN_OR_RETURN(due_now.logged_models, due(connection, "logged_model", query.before_ms));
    ASSIGN_OR_RETURN(due_now.experiments, due(connection, "experiment", query.before_ms));
    return ok_status();
  }));
  for (const bool runs : {true, false}) {
    if (!query.in_use) break;
    std::vector<std::string>& ids = runs ? due_now.runs : due_now.logged_models;
    ASSIGN_OR_RETURN(const std::set<std::string> used, query.in_use(runs, ids));
    std::erase_if(ids, [&](const std::string& id) { return used.contains(id); });
    due_now.kept.insert(due_now.kept.end(), used.begin(), used.end());
  }
  if (query.dry_run) return due_now;
  purged.kept = due_now.kept;
  RETURN_IF_ERROR(in_chunks(due_now.runs, [&](const std::vector<std::string>& some) {
    return database_.write([&](sql::Connection& tx) { return remove_runs(tx, some, purged.runs); });
  }));
  RETURN_IF_ERROR(in_chunks(due_now.logged_models, [&](const std::vector<std::string>& some) {
    return database_.write([&](sql::Connection& tx) { return remove_models(tx, some, purged.logged_models); });
  }));
  for (const std::string& id : due_now.experiments) {
    RETURN_IF_ERROR(
        database_.write([&](sql::Connection& tx) { return remove_experiment(tx, id, query, purged.experiments); }));
  }
  RETURN_IF_ERROR(remove_files());
  return purged;
}

}  // namespace treadle::tracking
