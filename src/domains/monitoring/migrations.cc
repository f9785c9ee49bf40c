#include "domains/monitoring/store.h"

namespace treadle::monitoring {

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> all = {
      {1,
       "CREATE TABLE predictions(id TEXT PRIMARY KEY, deployment TEXT NOT NULL, key TEXT NOT NULL,"
       " event_ms BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, model TEXT NOT NULL, model_version BIGINT NOT NULL,"
       " time_ms BIGINT NOT NULL, segment BIGINT NOT NULL, place BIGINT NOT NULL, superseded BIGINT NOT NULL);"
       "CREATE UNIQUE INDEX predictions_of_key ON predictions(deployment, key) WHERE superseded = 0;"
       "CREATE INDEX predictions_by_event ON predictions(deployment, event_ms) WHERE superseded = 0;"
       "CREATE TABLE truths(deployment TEXT NOT NULL, key TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,"
       " event_ms BIGINT, observed_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL, PRIMARY KEY(deployment, key));"
       "CREATE INDEX truths_by_event ON truths(deployment, event_ms);"
       "CREATE TABLE performance_days(deployment TEXT NOT NULL, day_ms BIGINT NOT NULL, predictions BIGINT NOT NULL,"
       " count BIGINT NOT NULL, absolute DOUBLE PRECISION NOT NULL, squared DOUBLE PRECISION NOT NULL,"
       " relative DOUBLE PRECISION NOT NULL, relative_count BIGINT NOT NULL,"
       " naive_absolute DOUBLE PRECISION NOT NULL, naive_count BIGINT NOT NULL, model TEXT NOT NULL,"
       " model_version BIGINT NOT NULL, PRIMARY KEY(deployment, day_ms));"
       "CREATE TABLE reports(id TEXT PRIMARY KEY, deployment TEXT NOT NULL, kind TEXT NOT NULL, day_ms BIGINT NOT NULL,"
       " run_id TEXT NOT NULL, created_ms BIGINT NOT NULL, share DOUBLE PRECISION, body TEXT NOT NULL,"
       " UNIQUE(deployment, kind, day_ms, run_id));"
       "CREATE TABLE alert_rules(deployment TEXT NOT NULL, id TEXT NOT NULL, metric TEXT NOT NULL,"
       " threshold DOUBLE PRECISION NOT NULL, window_days BIGINT NOT NULL, cooldown_days BIGINT NOT NULL,"
       " action TEXT NOT NULL, place BIGINT NOT NULL, PRIMARY KEY(deployment, id));"
       "CREATE TABLE alerts(id TEXT PRIMARY KEY, deployment TEXT NOT NULL, rule TEXT NOT NULL, metric TEXT NOT NULL,"
       " value DOUBLE PRECISION NOT NULL, threshold DOUBLE PRECISION NOT NULL, day_ms BIGINT NOT NULL,"
       " raised_ms BIGINT NOT NULL, resolved_ms BIGINT, message TEXT NOT NULL, UNIQUE(deployment, rule, day_ms));"
       "CREATE INDEX alerts_open ON alerts(deployment, rule) WHERE resolved_ms IS NULL"}};
  return all;
}

}  // namespace treadle::monitoring
