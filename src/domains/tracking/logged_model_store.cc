#include "base/strings.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/sql_store.h"

namespace treadle::tracking::store {
namespace {

Status load_pairs(sql::Connection& connection, std::string_view table, const std::string& id, Tags& pairs) {
  return connection.query(str_cat("SELECT key, value FROM ", table, " WHERE model_id = ? ORDER BY key"), {id},
                          [&](const sql::Row& row) {
                            pairs.emplace_back(row.string(0), row.string(1));
                            return ok_status();
                          });
}

Status put_pair(sql::Connection& tx, std::string_view table, const std::string& id, const std::string& key,
                const std::string& value) {
  return tx
      .execute(str_cat("INSERT INTO ", table,
                       "(model_id, key, value) VALUES (?, ?, ?)"
                       " ON CONFLICT(model_id, key) DO UPDATE SET value = excluded.value"),
               {id, key, value})
      .status();
}

}  // namespace

Status insert_logged_model(sql::Connection& tx, const LoggedModel& model) {
  return tx
      .execute(
          "INSERT INTO logged_models(id, experiment_id, name, type, run_id, status, created_ms, updated_ms)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          {model.id, model.experiment_id, model.name, model.type, model.run_id, static_cast<int>(model.status),
           model.created_ms, model.updated_ms})
      .status();
}

StatusOr<LoggedModel> load_logged_model(sql::Connection& connection, const std::string& id) {
  std::optional<LoggedModel> found;
  RETURN_IF_ERROR(connection.query(
      "SELECT experiment_id, name, type, run_id, status, deleted, created_ms, updated_ms FROM logged_models"
      " WHERE id = ?",
      {id}, [&](const sql::Row& row) {
        found = LoggedModel{.id = id,
                            .experiment_id = row.string(0),
                            .name = row.string(1),
                            .type = row.string(2),
                            .run_id = row.string(3),
                            .status = static_cast<ModelStatus>(row.integer(4)),
                            .deleted = row.integer(5) != 0,
                            .created_ms = row.integer(6),
                            .updated_ms = row.integer(7)};
        return ok_status();
      }));
  if (!found) return not_found("Logged model with ID '", id, "' not found.");
  RETURN_IF_ERROR(load_pairs(connection, "logged_model_params", id, found->params));
  RETURN_IF_ERROR(load_pairs(connection, "logged_model_tags", id, found->tags));
  return *std::move(found);
}

StatusOr<Page<LoggedModel>> search_logged_models(sql::Connection& connection, const ModelQuery& query) {
  ModelQuery one_more = query;
  ++one_more.limit;
  ASSIGN_OR_RETURN(const SqlText sql, logged_model_search_sql(one_more, connection.dialect()));
  std::vector<std::string> ids;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    ids.push_back(row.string(0));
    return ok_status();
  }));
  Page<LoggedModel> page;
  page.more = ids.size() > static_cast<std::size_t>(query.limit);
  if (page.more) ids.pop_back();
  for (const std::string& id : ids) {
    ASSIGN_OR_RETURN(LoggedModel model, load_logged_model(connection, id));
    page.items.push_back(std::move(model));
  }
  return page;
}

Status update_logged_model(sql::Connection& tx, const LoggedModel& model) {
  return tx
      .execute("UPDATE logged_models SET status = ?, deleted = ?, updated_ms = ? WHERE id = ?",
               {static_cast<int>(model.status), model.deleted, model.updated_ms, model.id})
      .status();
}

Status put_logged_model_tag(sql::Connection& tx, const std::string& id, const std::string& key,
                            const std::string& value) {
  return put_pair(tx, "logged_model_tags", id, key, value);
}

StatusOr<bool> remove_logged_model_tag(sql::Connection& tx, const std::string& id, const std::string& key) {
  ASSIGN_OR_RETURN(const std::int64_t changed,
                   tx.execute("DELETE FROM logged_model_tags WHERE model_id = ? AND key = ?", {id, key}));
  return changed > 0;
}

Status put_logged_model_param(sql::Connection& tx, const std::string& id, const std::string& key,
                              const std::string& value) {
  return put_pair(tx, "logged_model_params", id, key, value);
}

Status put_run_model(sql::Connection& tx, const std::string& run, const ModelLink& link, std::string_view direction) {
  return tx
      .execute(
          "INSERT INTO run_models(run_id, model_id, direction, step) VALUES (?, ?, ?, ?)"
          " ON CONFLICT(run_id, model_id, direction) DO UPDATE SET step = excluded.step",
          {run, link.model_id, direction, link.step})
      .status();
}

}  // namespace treadle::tracking::store
