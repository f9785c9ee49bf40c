#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/strings.h"
#include "domains/tracking/metric_points.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/sql_store.h"
#include "storage/sql/in_list.h"

namespace treadle::tracking::store {
namespace {

Status put_pair(sql::Connection& tx, std::string_view table, const std::string& id, const std::string& key,
                const std::string& value) {
  return tx
      .execute(str_cat("INSERT INTO ", table,
                       "(model_id, key, value) VALUES (?, ?, ?)"
                       " ON CONFLICT(model_id, key) DO UPDATE SET value = excluded.value"),
               {id, key, value})
      .status();
}

ModelMetric read_metric(const sql::Row& row) {
  const double value = row.integer(3) != 0 ? std::numeric_limits<double>::quiet_NaN() : row.real(2);
  return {{.key = row.string(1),
           .value = value,
           .time_ms = row.integer(4),
           .step = row.integer(5),
           .model_id = row.string(0),
           .dataset_name = row.string(6),
           .dataset_digest = row.string(7)},
          row.string(8)};
}

LoggedModel read_model(const sql::Row& row) {
  return {.id = row.string(0),
          .experiment_id = row.string(1),
          .name = row.string(2),
          .type = row.string(3),
          .run_id = row.string(4),
          .status = static_cast<ModelStatus>(row.integer(5)),
          .deleted = row.integer(6) != 0,
          .created_ms = row.integer(7),
          .updated_ms = row.integer(8)};
}

// Those of `ids` that are there, in that order; a few statements for all of them.
StatusOr<std::vector<LoggedModel>> load_models(sql::Connection& connection, const std::vector<std::string>& ids) {
  std::unordered_map<std::string, LoggedModel> found;
  RETURN_IF_ERROR(sql::in_chunks(ids, [&](const sql::InList& list) -> Status {
    const auto each = [&](std::string_view sql, std::string_view order, const auto& use) {
      return connection.query(str_cat(sql, " IN (", list.marks, ")", order), list.values, [&](const sql::Row& row) {
        use(row);
        return ok_status();
      });
    };
    RETURN_IF_ERROR(
        each("SELECT id, experiment_id, name, type, run_id, status, deleted, created_ms, updated_ms"
             " FROM logged_models WHERE id",
             "", [&](const sql::Row& row) { found.emplace(row.string(0), read_model(row)); }));
    RETURN_IF_ERROR(
        each("SELECT model_id, key, value FROM logged_model_params WHERE model_id", " ORDER BY key",
             [&](const sql::Row& row) { found.at(row.string(0)).params.emplace_back(row.string(1), row.string(2)); }));
    RETURN_IF_ERROR(
        each("SELECT model_id, key, value FROM logged_model_tags WHERE model_id", " ORDER BY key",
             [&](const sql::Row& row) { found.at(row.string(0)).tags.emplace_back(row.string(1), row.string(2)); }));
    return each(
        "SELECT model_id, key, value, is_nan, time_ms, step, dataset_name, dataset_digest, run_id"
        " FROM logged_model_metrics WHERE model_id",
        " ORDER BY time_ms, step, key",
        [&](const sql::Row& row) { found.at(row.string(0)).metrics.push_back(read_metric(row)); });
  }));
  std::vector<LoggedModel> models;
  for (const std::string& id : ids) {
    if (const auto it = found.find(id); it != found.end()) models.push_back(std::move(it->second));
  }
  return models;
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
  ASSIGN_OR_RETURN(auto models, load_models(connection, {id}));
  if (models.empty()) return not_found("Logged model with ID '", id, "' not found.");
  return std::move(models.front());
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
  ASSIGN_OR_RETURN(page.items, load_models(connection, ids));
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
