#include "domains/tracking/sql_store.h"

namespace treadle::tracking::store {

// BIGINT and DOUBLE PRECISION mean the same to SQLite as INTEGER and REAL, so one text serves both engines.
const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> all = {
      {1,
       "CREATE TABLE experiments(id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, deleted INTEGER NOT NULL DEFAULT 0,"
       " created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL);"
       "CREATE TABLE experiment_tags(experiment_id BIGINT NOT NULL REFERENCES experiments(id), key TEXT NOT NULL,"
       " value TEXT NOT NULL, PRIMARY KEY(experiment_id, key));"
       "CREATE TABLE runs(id TEXT PRIMARY KEY, experiment_id TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,"
       " deleted INTEGER NOT NULL DEFAULT 0, start_ms BIGINT NOT NULL, end_ms BIGINT, user_id TEXT NOT NULL);"
       "CREATE INDEX runs_by_experiment ON runs(experiment_id, deleted, start_ms);"
       "CREATE TABLE params(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(run_id, key));"
       "CREATE INDEX params_by_value ON params(key, value);"
       "CREATE TABLE run_tags(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(run_id, key));"
       "CREATE TABLE metrics(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, step BIGINT NOT NULL,"
       " time_ms BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL,"
       " PRIMARY KEY(run_id, key, step, time_ms, value, is_nan));"
       "CREATE TABLE latest_metrics(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, step BIGINT NOT NULL,"
       " time_ms BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL, PRIMARY KEY(run_id, key));"
       "CREATE INDEX latest_metrics_by_value ON latest_metrics(key, value);"
       "CREATE TABLE run_inputs(run_id TEXT NOT NULL REFERENCES runs(id), name TEXT NOT NULL, digest TEXT NOT NULL,"
       " source_type TEXT NOT NULL, source TEXT NOT NULL, schema TEXT NOT NULL, profile TEXT NOT NULL,"
       " context TEXT NOT NULL, tags TEXT NOT NULL, PRIMARY KEY(run_id, name, digest));"
       "INSERT INTO experiments(id, name, created_ms, updated_ms) VALUES (0, 'Default', 0, 0)"},
      {2,
       "CREATE TABLE logged_models(id TEXT PRIMARY KEY, experiment_id TEXT NOT NULL, name TEXT NOT NULL,"
       " type TEXT NOT NULL, run_id TEXT NOT NULL, status INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,"
       " created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL);"
       "CREATE INDEX logged_models_by_experiment ON logged_models(experiment_id, deleted, created_ms);"
       "CREATE TABLE logged_model_params(model_id TEXT NOT NULL REFERENCES logged_models(id), key TEXT NOT NULL,"
       " value TEXT NOT NULL, PRIMARY KEY(model_id, key));"
       "CREATE TABLE logged_model_tags(model_id TEXT NOT NULL REFERENCES logged_models(id), key TEXT NOT NULL,"
       " value TEXT NOT NULL, PRIMARY KEY(model_id, key));"
       "CREATE TABLE run_models(run_id TEXT NOT NULL REFERENCES runs(id), model_id TEXT NOT NULL,"
       " direction TEXT NOT NULL, step BIGINT NOT NULL, PRIMARY KEY(run_id, model_id, direction))"},
      {3,
       // What is read run by run lies run by run. PostgreSQL cannot index values as long as a param may be.
       "CREATE TABLE metric_segments(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL,"
       " sequence INTEGER NOT NULL, points INTEGER NOT NULL, low_step INTEGER NOT NULL, high_step INTEGER NOT NULL,"
       " low_ms INTEGER NOT NULL, high_ms INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE(run_id, key, sequence));"
       "CREATE TABLE newest(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, step INTEGER NOT NULL,"
       " time_ms INTEGER NOT NULL, value REAL NOT NULL, is_nan INTEGER NOT NULL, PRIMARY KEY(run_id, key))"
       " WITHOUT ROWID;"
       "INSERT INTO newest SELECT run_id, key, step, time_ms, value, is_nan FROM latest_metrics;"
       "DROP TABLE latest_metrics;"
       "ALTER TABLE newest RENAME TO latest_metrics;"
       "CREATE INDEX latest_metrics_by_key ON latest_metrics(key);"
       "CREATE INDEX run_tags_by_value ON run_tags(key, value);"
       "CREATE TABLE logged_model_metrics(model_id TEXT NOT NULL REFERENCES logged_models(id), key TEXT NOT NULL,"
       " time_ms INTEGER NOT NULL, step INTEGER NOT NULL, run_id TEXT NOT NULL, value REAL NOT NULL,"
       " is_nan INTEGER NOT NULL, dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL,"
       " PRIMARY KEY(model_id, key, time_ms, step, run_id)) WITHOUT ROWID",
       "CREATE TABLE metric_segments(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL,"
       " sequence BIGINT NOT NULL, points BIGINT NOT NULL, low_step BIGINT NOT NULL, high_step BIGINT NOT NULL,"
       " low_ms BIGINT NOT NULL, high_ms BIGINT NOT NULL, data BYTEA NOT NULL, UNIQUE(run_id, key, sequence));"
       "DROP INDEX latest_metrics_by_value;"
       "CREATE INDEX latest_metrics_by_key ON latest_metrics(key);"
       "DROP INDEX params_by_value;"
       "CREATE INDEX params_by_key ON params(key);"
       "CREATE INDEX run_tags_by_key ON run_tags(key);"
       "CREATE TABLE logged_model_metrics(model_id TEXT NOT NULL REFERENCES logged_models(id), key TEXT NOT NULL,"
       " time_ms BIGINT NOT NULL, step BIGINT NOT NULL, run_id TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,"
       " is_nan INTEGER NOT NULL, dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL,"
       " PRIMARY KEY(model_id, key, time_ms, step, run_id))"},
      {4,
       // Ids of runs ascend, so new rows go to the end of their table, and a commit writes few pages. No index by key:
       // each key would be one page more. What searches hold in memory is read by one look through the table, which
       // is quicker than by an index where many runs have the key.
       "CREATE TABLE ordered_params(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(run_id, key)) WITHOUT ROWID;"
       "INSERT INTO ordered_params SELECT run_id, key, value FROM params ORDER BY 1, 2;"
       "DROP TABLE params;"
       "ALTER TABLE ordered_params RENAME TO params;"
       "CREATE TABLE ordered_tags(run_id TEXT NOT NULL REFERENCES runs(id), key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(run_id, key)) WITHOUT ROWID;"
       "INSERT INTO ordered_tags SELECT run_id, key, value FROM run_tags ORDER BY 1, 2;"
       "DROP TABLE run_tags;"
       "ALTER TABLE ordered_tags RENAME TO run_tags;"
       "DROP INDEX latest_metrics_by_key",
       "SELECT 1"},
      {5, "ALTER TABLE run_inputs ADD COLUMN position BIGINT NOT NULL DEFAULT 0"}};
  return all;
}

}  // namespace treadle::tracking::store
