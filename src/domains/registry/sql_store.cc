#include "domains/registry/sql_store.h"

#include <algorithm>
#include <map>

#include "domains/tracking/search_sql.h"

namespace treadle::registry::store {
namespace {

Status unknown_model(const std::string& name) { return not_found("Registered Model with name=", name, " not found"); }

StatusOr<Tags> load_tags(sql::Connection& connection, const std::string& model, std::int64_t version) {
  Tags tags;
  RETURN_IF_ERROR(connection.query("SELECT key, value FROM model_tags WHERE model = ? AND version = ? ORDER BY key",
                                   {model, version}, [&](const sql::Row& row) {
                                     tags.emplace_back(row.string(0), row.string(1));
                                     return ok_status();
                                   }));
  return tags;
}

StatusOr<std::vector<Alias>> load_aliases(sql::Connection& connection, const std::string& model) {
  std::vector<Alias> aliases;
  RETURN_IF_ERROR(connection.query("SELECT alias, version FROM model_aliases WHERE model = ? ORDER BY alias", {model},
                                   [&](const sql::Row& row) {
                                     aliases.push_back({row.string(0), row.integer(1)});
                                     return ok_status();
                                   }));
  return aliases;
}

constexpr std::string_view kVersionColumns =
    "SELECT model, version, run_id, source, description, stage, user_id, created_ms, updated_ms FROM model_versions v";

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
          {},
          {}};
}

// The rows, then what hangs on them, so that no statement runs inside another's callback.
StatusOr<std::vector<Version>> load_versions(sql::Connection& connection, std::string_view rest,
                                             const sql::Values& values) {
  std::vector<Version> versions;
  RETURN_IF_ERROR(connection.query(str_cat(kVersionColumns, " ", rest), values, [&](const sql::Row& row) {
    versions.push_back(read_version(row));
    return ok_status();
  }));
  std::map<std::string, std::vector<Alias>> aliases;
  for (Version& version : versions) {
    if (!aliases.contains(version.model)) {
      ASSIGN_OR_RETURN(aliases[version.model], load_aliases(connection, version.model));
    }
    for (const Alias& alias : aliases[version.model]) {
      if (alias.version == version.version) version.aliases.push_back(alias.alias);
    }
    ASSIGN_OR_RETURN(version.tags, load_tags(connection, version.model, version.version));
  }
  return versions;
}

struct Searchable {
  std::string_view name, column;
  bool numeric;
};

StatusOr<tracking::SqlText> conditions(const Query& query, sql::Dialect dialect, const std::vector<Searchable>& known,
                                       std::string_view owner) {
  ASSIGN_OR_RETURN(const auto parsed, tracking::parse_filter(query.filter));
  tracking::SqlText sql{"WHERE 1 = 1", {}};
  for (const tracking::Condition& condition : parsed) {
    sql.text += " AND ";
    if (condition.entity == "tag") {
      tracking::Condition wanted = condition;
      // MLflow's client adds "is not a prompt" to every search; a model without that tag is none.
      const bool unless =
          condition.key == "mlflow.prompt.is_prompt" && condition.comparator == tracking::Comparator::kNotEqual;
      if (unless) wanted.comparator = tracking::Comparator::kEqual;
      str_append(&sql.text, unless ? "NOT " : "", "EXISTS (SELECT 1 FROM model_tags t WHERE ", owner,
                 " AND t.key = ? AND ");
      sql.values.emplace_back(condition.key);
      RETURN_IF_ERROR(tracking::append_comparison(sql, dialect, "t.value", wanted, false));
      sql.text += ")";
      continue;
    }
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const Searchable& s) { return s.name == condition.key; });
    if (condition.entity != "attribute" || it == known.end()) {
      return invalid_field("filter", "\"", condition.key, "\" is not an attribute to search by here");
    }
    RETURN_IF_ERROR(tracking::append_comparison(sql, dialect, it->column, condition, it->numeric));
  }
  return sql;
}

StatusOr<std::string> ordering(const Query& query, const std::vector<Searchable>& known, std::string_view fallback) {
  std::string text = " ORDER BY ";
  for (const std::string& term : query.order_by) {
    ASSIGN_OR_RETURN(const tracking::OrderBy order, tracking::parse_order_by(term));
    const auto it = std::find_if(known.begin(), known.end(), [&](const Searchable& s) { return s.name == order.key; });
    if (it == known.end()) return invalid_field("order_by", "\"", order.key, "\" is not an attribute to order by here");
    str_append(&text, it->column, order.ascending ? " ASC, " : " DESC, ");
  }
  return str_cat(text, fallback, " LIMIT ? OFFSET ?");
}

const std::vector<Searchable> kModelFields = {{"name", "m.name", false},
                                              {"creation_timestamp", "m.created_ms", true},
                                              {"last_updated_timestamp", "m.updated_ms", true}};
const std::vector<Searchable> kVersionFields = {{"name", "v.model", false},
                                                {"run_id", "v.run_id", false},
                                                {"source_path", "v.source", false},
                                                {"version_number", "v.version", true},
                                                {"creation_timestamp", "v.created_ms", true},
                                                {"last_updated_timestamp", "v.updated_ms", true}};

}  // namespace

const std::vector<sql::Migration>& migrations() {
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
       " version BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(model, version, key))"}};
  return all;
}

Status insert_model(sql::Connection& tx, const Model& model) {
  return tx
      .execute("INSERT INTO models(name, description, created_ms, updated_ms) VALUES (?, ?, ?, ?)",
               {model.name, model.description, model.created_ms, model.updated_ms})
      .status();
}

StatusOr<Model> load_model(sql::Connection& connection, const std::string& name) {
  std::optional<Model> found;
  RETURN_IF_ERROR(connection.query(
      "SELECT description, created_ms, updated_ms FROM models WHERE name = ?", {name}, [&](const sql::Row& row) {
        found = Model{name, row.string(0), row.integer(1), row.integer(2), {}, {}, {}, 0, 0};
        return ok_status();
      }));
  if (!found) return unknown_model(name);
  ASSIGN_OR_RETURN(found->aliases, load_aliases(connection, name));
  ASSIGN_OR_RETURN(found->tags, load_tags(connection, name, 0));
  ASSIGN_OR_RETURN(found->latest, load_versions(connection,
                                                "WHERE model = ? AND version = (SELECT MAX(o.version) FROM "
                                                "model_versions o WHERE o.model = v.model AND o.stage = v.stage)"
                                                " ORDER BY version",
                                                {name}));
  ASSIGN_OR_RETURN(const auto count,
                   connection.query_integer("SELECT COUNT(*) FROM model_versions WHERE model = ?", {name}));
  found->versions_count = count.value_or(0);
  if (!found->latest.empty()) found->latest_version = found->latest.back().version;
  return *std::move(found);
}

StatusOr<Page<Model>> search_models(sql::Connection& connection, const Query& query) {
  ASSIGN_OR_RETURN(tracking::SqlText sql,
                   conditions(query, connection.dialect(), kModelFields, "t.model = m.name AND t.version = 0"));
  ASSIGN_OR_RETURN(const std::string order, ordering(query, kModelFields, "m.name"));
  sql.values.emplace_back(query.limit + 1);
  sql.values.emplace_back(query.offset);
  std::vector<std::string> names;
  RETURN_IF_ERROR(
      connection.query(str_cat("SELECT m.name FROM models m ", sql.text, order), sql.values, [&](const sql::Row& row) {
        names.push_back(row.string(0));
        return ok_status();
      }));
  Page<Model> page;
  page.more = names.size() > static_cast<std::size_t>(query.limit);
  if (page.more) names.pop_back();
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(Model model, load_model(connection, name));
    page.items.push_back(std::move(model));
  }
  return page;
}

Status rename_model(sql::Connection& tx, const std::string& name, const std::string& new_name, std::int64_t now_ms) {
  ASSIGN_OR_RETURN(const std::int64_t changed,
                   tx.execute("UPDATE models SET name = ?, updated_ms = ? WHERE name = ?", {new_name, now_ms, name}));
  return changed == 0 ? unknown_model(name) : ok_status();
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

Status insert_version(sql::Connection& tx, const Version& version) {
  return tx
      .execute(
          "INSERT INTO model_versions(model, version, run_id, source, description, stage, user_id, created_ms, "
          "updated_ms)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {version.model, version.version, version.run_id, version.source, version.description, version.stage,
           version.user, version.created_ms, version.updated_ms})
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

StatusOr<Page<Version>> search_versions(sql::Connection& connection, const Query& query) {
  ASSIGN_OR_RETURN(tracking::SqlText sql, conditions(query, connection.dialect(), kVersionFields,
                                                     "t.model = v.model AND t.version = v.version"));
  ASSIGN_OR_RETURN(const std::string order,
                   ordering(query, kVersionFields, "v.updated_ms DESC, v.model, v.version DESC"));
  sql.values.emplace_back(query.limit + 1);
  sql.values.emplace_back(query.offset);
  Page<Version> page;
  ASSIGN_OR_RETURN(page.items, load_versions(connection, sql.text + order, sql.values));
  page.more = page.items.size() > static_cast<std::size_t>(query.limit);
  if (page.more) page.items.pop_back();
  return page;
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
