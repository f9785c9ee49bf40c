// The models of an MLflow database: those that runs logged, and the registry's.
#include "app/transfer/sqlite_source.h"

namespace treadle::app::transfer {

Status SqliteSource::logged_models(const std::string& experiment_id, const std::function<Status(LoggedModel&&)>& each) {
  if (!has("logged_models")) return ok_status();  // before MLflow 3
  std::vector<LoggedModel> found;
  RETURN_IF_ERROR(database_->query(
      "SELECT model_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, status,"
      " lifecycle_stage, model_type, source_run_id FROM logged_models WHERE experiment_id = ? ORDER BY model_id",
      {parse_int(experiment_id).value_or(-1)}, [&](const sql::Row& row) {
        LoggedModel model;
        tracking::LoggedModel& record = model.record;
        record.id = row.string(0);
        record.experiment_id = experiment_id;
        record.name = row.string(1);
        model.artifact_uri = row.string(2);
        record.created_ms = row.integer(3);
        record.updated_ms = row.integer(4);
        const std::int64_t status = row.integer(5);
        if (status >= 1 && status <= 3) record.status = static_cast<tracking::ModelStatus>(status);
        record.deleted = row.text(6) == "deleted";
        record.type = row.string(7);
        record.run_id = row.string(8);
        found.push_back(std::move(model));
        return ok_status();
      }));
  for (LoggedModel& model : found) {
    RETURN_IF_ERROR(read_model_children(model));
    RETURN_IF_ERROR(each(std::move(model)));
  }
  return ok_status();
}

Status SqliteSource::read_model_children(LoggedModel& model) {
  tracking::LoggedModel& record = model.record;
  ASSIGN_OR_RETURN(record.params,
                   texts("SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?", {record.id}));
  ASSIGN_OR_RETURN(record.tags,
                   texts("SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?", {record.id}));
  return database_->query(
      "SELECT metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, dataset_name, dataset_digest"
      " FROM logged_model_metrics WHERE model_id = ?",
      {record.id}, [&](const sql::Row& row) {
        tracking::Metric metric{row.string(0), row.real(1),   row.integer(2), row.integer(3),
                                record.id,     row.string(5), row.string(6)};
        record.metrics.push_back({std::move(metric), row.string(4)});
        return ok_status();
      });
}

Status SqliteSource::registered_models(const std::function<Status(RegisteredModel&&)>& each) {
  if (!has("registered_models")) return ok_status();
  std::vector<RegisteredModel> found;
  RETURN_IF_ERROR(database_->query(
      "SELECT name, description, creation_time, last_updated_time FROM registered_models ORDER BY name", {},
      [&](const sql::Row& row) {
        RegisteredModel model;
        model.record.name = row.string(0);
        model.record.description = row.string(1);
        model.record.created_ms = row.integer(2);
        model.record.updated_ms = row.integer(3);
        found.push_back(std::move(model));
        return ok_status();
      }));
  for (RegisteredModel& model : found) {
    ASSIGN_OR_RETURN(model.record.tags,
                     texts("SELECT key, value FROM registered_model_tags WHERE name = ?", {model.record.name}));
    if (has("registered_model_aliases")) {
      RETURN_IF_ERROR(database_->query("SELECT alias, version FROM registered_model_aliases WHERE name = ?",
                                       {model.record.name}, [&](const sql::Row& row) {
                                         model.record.aliases.push_back({row.string(0), row.integer(1)});
                                         return ok_status();
                                       }));
    }
    RETURN_IF_ERROR(read_versions(model));
    RETURN_IF_ERROR(each(std::move(model)));
  }
  return ok_status();
}

Status SqliteSource::read_versions(RegisteredModel& model) {
  RETURN_IF_ERROR(database_->query(
      "SELECT version, run_id, source, description, current_stage, user_id, creation_time, last_updated_time"
      " FROM model_versions WHERE name = ? AND current_stage <> 'Deleted_Internal' ORDER BY version",
      {model.record.name}, [&](const sql::Row& row) {
        registry::Version version;
        version.model = model.record.name;
        version.version = row.integer(0);
        version.run_id = row.string(1);
        version.source = row.string(2);
        version.description = row.string(3);
        version.stage = row.string(4);
        version.user = row.string(5);
        version.created_ms = row.integer(6);
        version.updated_ms = row.integer(7);
        for (const registry::Alias& alias : model.record.aliases) {
          if (alias.version == version.version) version.aliases.push_back(alias.alias);
        }
        model.versions.push_back(std::move(version));
        return ok_status();
      }));
  for (registry::Version& version : model.versions) {
    ASSIGN_OR_RETURN(version.tags, texts("SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?",
                                         {model.record.name, version.version}));
  }
  return ok_status();
}

}  // namespace treadle::app::transfer
