#include <cmath>
#include <limits>

#include "base/strings.h"
#include "domains/tracking/metric_points.h"
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

Status load_metrics(sql::Connection& connection, LoggedModel& model) {
  return connection.query(
      "SELECT key, value, is_nan, time_ms, step, dataset_name, dataset_digest, run_id FROM logged_model_metrics"
      " WHERE model_id = ? ORDER BY time_ms, step, key",
      {model.id}, [&](const sql::Row& row) {
        const double value = row.integer(2) != 0 ? std::numeric_limits<double>::quiet_NaN() : row.real(1);
        model.metrics.push_back({{.key = row.string(0),
                                  .value = value,
                                  .time_ms = row.integer(3),
                                  .step = row.integer(4),
                                  .model_id = model.id,
                                  .dataset_name = row.string(5),
                                  .dataset_digest = row.string(6)},
                                 row.string(7)});
        return ok_status();
      });
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
  RETURN_IF_ERROR(load_metrics(connection, *found));
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

Status put_model_metrics(sql::Connection& tx, const std::string& run, const std::vector<Metric>& metrics) {
  std::string known;  // the model that was just looked for: a batch measures one, as a rule
  for (const Metric& metric : metrics) {
    if (metric.model_id.empty()) continue;
    if (metric.model_id != known) {
      ASSIGN_OR_RETURN(const auto found,
                       tx.query_integer("SELECT 1 FROM logged_models WHERE id = ?", {metric.model_id}));
      if (!found) return not_found("Logged model with ID '", metric.model_id, "' not found.");
      known = metric.model_id;
    }
    const bool is_nan = std::isnan(metric.value);
    RETURN_IF_ERROR(
        tx.execute("INSERT INTO logged_model_metrics(model_id, key, time_ms, step, run_id, value, is_nan, dataset_name,"
                   " dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                   {metric.model_id, metric.key, metric.time_ms, metric.step, run,
                    is_nan ? 0 : storable_value(metric.value), is_nan, metric.dataset_name, metric.dataset_digest}));
  }
  return ok_status();
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
