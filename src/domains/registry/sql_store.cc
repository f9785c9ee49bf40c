#include "domains/registry/sql_store.h"

#include <algorithm>
#include <functional>
#include <map>

#include "storage/sql/in_list.h"

namespace treadle::registry::store {
namespace {

Status unknown_model(const std::string& name) { return not_found("Registered Model with name=", name, " not found"); }

// Versions per statement.
constexpr std::size_t kChunk = 200;

// Runs `rest` of a query with "(?, ?), (?, ?)" for each chunk of versions.
Status each_chunk(sql::Connection& connection, const std::vector<Version>& versions, std::string_view sql,
                  std::string_view order, const std::function<void(const sql::Row&)>& use) {
  for (std::size_t first = 0; first < versions.size(); first += kChunk) {
    const std::size_t last = std::min(versions.size(), first + kChunk);
    std::string marks;
    sql::Values values;
    for (std::size_t i = first; i < last; ++i) {
      marks += i == first ? "(?, ?)" : ", (?, ?)";
      values.emplace_back(versions[i].model);
      values.emplace_back(versions[i].version);
    }
    RETURN_IF_ERROR(connection.query(str_cat(sql, " (model, version) IN (VALUES ", marks, ") ", order), values,
                                     [&](const sql::Row& row) {
                                       use(row);
                                       return ok_status();
                                     }));
  }
  return ok_status();
}

// Tags and aliases of many versions, a few statements for all of them.
Status load_children(sql::Connection& connection, std::vector<Version>& versions) {
  std::map<std::pair<std::string, std::int64_t>, Version*> places;
  for (Version& version : versions) places[{version.model, version.version}] = &version;
  const auto place = [&](const sql::Row& row) -> Version& { return *places.at({row.string(0), row.integer(1)}); };
  RETURN_IF_ERROR(each_chunk(connection, versions, "SELECT model, version, key, value FROM model_tags WHERE",
                             "ORDER BY key",
                             [&](const sql::Row& row) { place(row).tags.emplace_back(row.string(2), row.string(3)); }));
  return each_chunk(connection, versions, "SELECT model, version, alias FROM model_aliases WHERE", "ORDER BY alias",
                    [&](const sql::Row& row) { place(row).aliases.push_back(row.string(2)); });
}

constexpr std::string_view kVersionColumns =
    "SELECT model, version, run_id, source, description, stage, user_id, created_ms, updated_ms, run_link, model_id,"
    " location FROM model_versions v";

Version read_version(const sql::Row& row) {
  return {row.string(0),
          row.integer(1),
          row.string(2),
          row.string(3),
          row.string(4),
          row.string(5),
          row.string(6),
          row.integer(7),
          row.integer(8),
          row.string(9),
          row.string(10),
          row.string(11),
          {},
          {}};
}

}  // namespace

StatusOr<std::vector<Version>> load_versions(sql::Connection& connection, std::string_view rest,
                                             const sql::Values& values) {
  std::vector<Version> versions;
  RETURN_IF_ERROR(connection.query(str_cat(kVersionColumns, " ", rest), values, [&](const sql::Row& row) {
    versions.push_back(read_version(row));
    return ok_status();
  }));
  RETURN_IF_ERROR(load_children(connection, versions));
  return versions;
}

// The history has no reference to the model: it outlives it.
constexpr std::string_view kHistoryAndGates =
    " model TEXT NOT NULL, version BIGINT NOT NULL, time_ms BIGINT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,"
    " before_value TEXT NOT NULL, after_value TEXT NOT NULL, reason TEXT NOT NULL, user_name TEXT NOT NULL,"
    " verified INTEGER NOT NULL, admin INTEGER NOT NULL, client TEXT NOT NULL, details TEXT NOT NULL);"
    "CREATE INDEX model_history_by_model ON model_history(model, id);"
    "CREATE TABLE model_gates(model TEXT NOT NULL REFERENCES models(name) ON UPDATE CASCADE ON DELETE CASCADE,"
    " target TEXT NOT NULL, checks TEXT NOT NULL, description TEXT NOT NULL, version BIGINT NOT NULL,"
    " active INTEGER NOT NULL, user_name TEXT NOT NULL, updated_ms BIGINT NOT NULL, PRIMARY KEY(model, target));"
    "CREATE TABLE model_approvals(model TEXT NOT NULL REFERENCES models(name) ON UPDATE CASCADE ON DELETE CASCADE,"
    " version BIGINT NOT NULL, target TEXT NOT NULL, user_name TEXT NOT NULL, verified INTEGER NOT NULL,"
    " admin INTEGER NOT NULL, time_ms BIGINT NOT NULL, reason TEXT NOT NULL,"
    " PRIMARY KEY(model, version, target, user_name))";

const std::vector<sql::Migration>& migrations() {
  static const std::string kSqlite =
      str_cat("CREATE TABLE model_history(id INTEGER PRIMARY KEY AUTOINCREMENT,", kHistoryAndGates);
  static const std::string kPostgres =
      str_cat("CREATE TABLE model_history(id BIGSERIAL PRIMARY KEY,", kHistoryAndGates);
  static const std::vector<sql::Migration> all = {
      {1,
       "CREATE TABLE models(name TEXT PRIMARY KEY, description TEXT NOT NULL, created_ms BIGINT NOT NULL,"
       " updated_ms BIGINT NOT NULL, last_version BIGINT NOT NULL DEFAULT 0);"
       "CREATE TABLE model_versions(model TEXT NOT NULL REFERENCES models(name) ON UPDATE CASCADE ON DELETE CASCADE,"
       " version BIGINT NOT NULL, run_id TEXT NOT NULL, source TEXT NOT NULL, description TEXT NOT NULL, stage TEXT "
       "NOT NULL,"
       " user_id TEXT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, PRIMARY KEY(model, version));"
       "CREATE INDEX model_versions_by_run ON model_versions(run_id);"
       "CREATE TABLE model_aliases(model TEXT NOT NULL REFERENCES models(name) ON UPDATE CASCADE ON DELETE CASCADE,"
       " alias TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY(model, alias));"
       "CREATE TABLE model_tags(model TEXT NOT NULL REFERENCES models(name) ON UPDATE CASCADE ON DELETE CASCADE,"
       " version BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(model, version, key))"},
      {2,
       "ALTER TABLE model_versions ADD COLUMN run_link TEXT NOT NULL DEFAULT '';"
       "ALTER TABLE model_versions ADD COLUMN model_id TEXT NOT NULL DEFAULT '';"
       "ALTER TABLE model_versions ADD COLUMN location TEXT NOT NULL DEFAULT '';"
       "CREATE INDEX model_versions_by_model_id ON model_versions(model_id);"
       "CREATE INDEX model_tags_by_key ON model_tags(key, model)"},
      {3, kSqlite, kPostgres}};
  return all;
}

Status insert_model(sql::Connection& tx, const Model& model) {
  return tx
      .execute("INSERT INTO models(name, description, created_ms, updated_ms) VALUES (?, ?, ?, ?)",
               {model.name, model.description, model.created_ms, model.updated_ms})
      .status();
}

StatusOr<std::vector<Model>> load_models(sql::Connection& connection, const std::vector<std::string>& names) {
  std::vector<Model> models;
  std::map<std::string, std::size_t> places;
  for (const std::string& name : names) {
    places[name] = models.size();
    models.emplace_back().name = name;
  }
  RETURN_IF_ERROR(sql::in_chunks(names, [&](const sql::InList& list) -> Status {
    const auto each = [&](std::string_view sql, std::string_view rest, const auto& use) {
      return connection.query(str_cat(sql, " IN (", list.marks, ")", rest), list.values, [&](const sql::Row& row) {
        use(models[places.at(row.string(0))], row);
        return ok_status();
      });
    };
    RETURN_IF_ERROR(each("SELECT name, description, created_ms, updated_ms FROM models WHERE name", "",
                         [](Model& model, const sql::Row& row) {
                           model.description = row.string(1);
                           model.created_ms = row.integer(2);
                           model.updated_ms = row.integer(3);
                         }));
    RETURN_IF_ERROR(each("SELECT model, alias, version FROM model_aliases WHERE model", " ORDER BY alias",
                         [](Model& model, const sql::Row& row) {
                           model.aliases.push_back({row.string(1), row.integer(2)});
                         }));
    RETURN_IF_ERROR(
        each("SELECT model, key, value FROM model_tags WHERE version = 0 AND model", " ORDER BY key",
             [](Model& model, const sql::Row& row) { model.tags.emplace_back(row.string(1), row.string(2)); }));
    RETURN_IF_ERROR(each("SELECT model, COUNT(*) FROM model_versions WHERE model", " GROUP BY model",
                         [](Model& model, const sql::Row& row) { model.versions_count = row.integer(1); }));
    ASSIGN_OR_RETURN(auto newest, load_versions(connection,
                                                str_cat("WHERE model IN (", list.marks,
                                                        ") AND version = (SELECT MAX(o.version) FROM model_versions o"
                                                        " WHERE o.model = v.model AND o.stage = v.stage)"
                                                        " ORDER BY version"),
                                                list.values));
    for (Version& version : newest) {
      Model& model = models[places.at(version.model)];
      model.latest_version = version.version;
      model.latest.push_back(std::move(version));
    }
    return ok_status();
  }));
  return models;
}

StatusOr<Model> load_model(sql::Connection& connection, const std::string& name) {
  ASSIGN_OR_RETURN(const bool known, has_model(connection, name));
  if (!known) return unknown_model(name);
  ASSIGN_OR_RETURN(auto models, load_models(connection, {name}));
  return std::move(models.front());
}

StatusOr<bool> has_model(sql::Connection& connection, const std::string& name) {
  ASSIGN_OR_RETURN(const auto found, connection.query_integer("SELECT 1 FROM models WHERE name = ?", {name}));
  return found.has_value();
}

Status touch_model(sql::Connection& tx, const std::string& name, std::int64_t now_ms) {
  return tx.execute("UPDATE models SET updated_ms = ? WHERE name = ?", {now_ms, name}).status();
}

Status rename_model(sql::Connection& tx, const std::string& name, const std::string& new_name, std::int64_t now_ms) {
  ASSIGN_OR_RETURN(const std::int64_t changed,
                   tx.execute("UPDATE models SET name = ?, updated_ms = ? WHERE name = ?", {new_name, now_ms, name}));
  if (changed == 0) return unknown_model(name);
  return tx.execute("UPDATE model_versions SET updated_ms = ? WHERE model = ?", {now_ms, new_name}).status();
}

Status describe_model(sql::Connection& tx, const std::string& name, const std::string& description,
                      std::int64_t now_ms) {
  ASSIGN_OR_RETURN(
      const std::int64_t changed,
      tx.execute("UPDATE models SET description = ?, updated_ms = ? WHERE name = ?", {description, now_ms, name}));
  return changed == 0 ? unknown_model(name) : ok_status();
}

Status remove_model(sql::Connection& tx, const std::string& name) {
  ASSIGN_OR_RETURN(const std::int64_t changed, tx.execute("DELETE FROM models WHERE name = ?", {name}));
  return changed == 0 ? unknown_model(name) : ok_status();
}

StatusOr<std::int64_t> next_version(sql::Connection& tx, const std::string& model) {
  ASSIGN_OR_RETURN(const std::int64_t changed,
                   tx.execute("UPDATE models SET last_version = last_version + 1 WHERE name = ?", {model}));
  if (changed == 0) return unknown_model(model);
  ASSIGN_OR_RETURN(const auto number, tx.query_integer("SELECT last_version FROM models WHERE name = ?", {model}));
  return number.value_or(1);
}

Status put_model_row(sql::Connection& tx, const Model& model) {
  return tx
      .execute("UPDATE models SET description = ?, created_ms = ?, updated_ms = ? WHERE name = ?",
               {model.description, model.created_ms, model.updated_ms, model.name})
      .status();
}

Status reserve_version(sql::Connection& tx, const std::string& model, std::int64_t version) {
  return tx.execute("UPDATE models SET last_version = ? WHERE name = ? AND last_version < ?", {version, model, version})
      .status();
}

Status put_version_row(sql::Connection& tx, const Version& version) {
  return tx
      .execute(
          "UPDATE model_versions SET run_id = ?, source = ?, description = ?, stage = ?, user_id = ?, created_ms = ?,"
          " updated_ms = ? WHERE model = ? AND version = ?",
          {version.run_id, version.source, version.description, version.stage, version.user, version.created_ms,
           version.updated_ms, version.model, version.version})
      .status();
}

Status insert_version(sql::Connection& tx, const Version& version) {
  return tx
      .execute(
          "INSERT INTO model_versions(model, version, run_id, source, description, stage, user_id, created_ms, "
          "updated_ms, run_link, model_id, location)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {version.model, version.version, version.run_id, version.source, version.description, version.stage,
           version.user, version.created_ms, version.updated_ms, version.run_link, version.model_id, version.location})
      .status();
}

StatusOr<Version> load_version(sql::Connection& connection, const std::string& model, std::int64_t version) {
  ASSIGN_OR_RETURN(auto found, load_versions(connection, "WHERE model = ? AND version = ?", {model, version}));
  if (found.empty()) return not_found("Model Version (name=", model, ", version=", version, ") not found");
  return std::move(found.front());
}

StatusOr<std::vector<Version>> versions_of(sql::Connection& connection, const std::string& model) {
  return load_versions(connection, "WHERE model = ? ORDER BY version", {model});
}

StatusOr<std::set<std::string>> in_use(sql::Connection& connection, bool runs, const std::vector<std::string>& ids) {
  const std::string_view column = runs ? "run_id" : "model_id";
  std::set<std::string> used;
  RETURN_IF_ERROR(sql::in_chunks(ids, [&](const sql::InList& list) {
    return connection.query(
        str_cat("SELECT DISTINCT ", column, " FROM model_versions WHERE ", column, " IN (", list.marks, ")"),
        list.values, [&](const sql::Row& row) {
          used.insert(row.string(0));
          return ok_status();
        });
  }));
  return used;
}

Status update_version(sql::Connection& tx, const Version& version) {
  return tx
      .execute("UPDATE model_versions SET description = ?, stage = ?, updated_ms = ? WHERE model = ? AND version = ?",
               {version.description, version.stage, version.updated_ms, version.model, version.version})
      .status();
}

Status remove_version(sql::Connection& tx, const std::string& model, std::int64_t version) {
  RETURN_IF_ERROR(tx.execute("DELETE FROM model_aliases WHERE model = ? AND version = ?", {model, version}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM model_tags WHERE model = ? AND version = ?", {model, version}));
  return tx.execute("DELETE FROM model_versions WHERE model = ? AND version = ?", {model, version}).status();
}

Status put_alias(sql::Connection& tx, const std::string& model, const std::string& alias, std::int64_t version) {
  return tx
      .execute(
          "INSERT INTO model_aliases(model, alias, version) VALUES (?, ?, ?)"
          " ON CONFLICT(model, alias) DO UPDATE SET version = excluded.version",
          {model, alias, version})
      .status();
}

Status remove_alias(sql::Connection& tx, const std::string& model, const std::string& alias) {
  return tx.execute("DELETE FROM model_aliases WHERE model = ? AND alias = ?", {model, alias}).status();
}

StatusOr<std::optional<std::int64_t>> find_alias(sql::Connection& connection, const std::string& model,
                                                 const std::string& alias) {
  return connection.query_integer("SELECT version FROM model_aliases WHERE model = ? AND alias = ?", {model, alias});
}

Status put_tag(sql::Connection& tx, const std::string& model, std::int64_t version, const std::string& key,
               const std::string& value) {
  return tx
      .execute(
          "INSERT INTO model_tags(model, version, key, value) VALUES (?, ?, ?, ?)"
          " ON CONFLICT(model, version, key) DO UPDATE SET value = excluded.value",
          {model, version, key, value})
      .status();
}

Status remove_tag(sql::Connection& tx, const std::string& model, std::int64_t version, const std::string& key) {
  return tx.execute("DELETE FROM model_tags WHERE model = ? AND version = ? AND key = ?", {model, version, key})
      .status();
}

}  // namespace treadle::registry::store
