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
       " direction TEXT NOT NULL, step BIGINT NOT NULL, PRIMARY KEY(run_id, model_id, direction))"}};
  return all;
}

}  // namespace treadle::tracking::store
