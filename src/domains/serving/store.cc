#include "domains/serving/store.h"

namespace treadle::serving {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE deployments (
  name TEXT PRIMARY KEY,
  model TEXT NOT NULL,
  version BIGINT NOT NULL,
  reason TEXT NOT NULL,
  run_id TEXT NOT NULL,
  stopped BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  observed BIGINT NOT NULL,
  active_model TEXT NOT NULL,
  active_version BIGINT NOT NULL,
  error TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL
);
CREATE TABLE deployment_history (
  deployment TEXT NOT NULL REFERENCES deployments(name),
  generation BIGINT NOT NULL,
  model TEXT NOT NULL,
  version BIGINT NOT NULL,
  from_ms BIGINT NOT NULL,
  reason TEXT NOT NULL,
  run_id TEXT NOT NULL,
  PRIMARY KEY (deployment, generation)
);
)sql";

constexpr std::string_view kSelect =
    "SELECT name, model, version, reason, run_id, stopped, generation, observed, active_model, active_version, error, "
    "created_ms, updated_ms FROM deployments ";

DeploymentRow read_row(const sql::Row& row) {
  DeploymentRow out;
  out.name = row.string(0);
  out.desired = {row.string(1), row.integer(2), row.string(3), row.string(4)};
  out.stopped = row.integer(5) != 0;
  out.generation = row.integer(6);
  out.observed = row.integer(7);
  out.active_model = row.string(8);
  out.active_version = row.integer(9);
  out.error = row.string(10);
  out.created_ms = row.integer(11);
  out.updated_ms = row.integer(12);
  return out;
}

}  // namespace

Status DeploymentStore::open() { return sql::migrate(database_, "serving", {{1, kTables}}); }

StatusOr<std::vector<DeploymentRow>> DeploymentStore::list() {
  std::vector<DeploymentRow> rows;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    rows.clear();
    return connection.query(str_cat(kSelect, "ORDER BY name"), {}, [&](const sql::Row& row) {
      rows.push_back(read_row(row));
      return ok_status();
    });
  }));
  return rows;
}

StatusOr<DeploymentRow> DeploymentStore::get(std::string_view name) {
  std::optional<DeploymentRow> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    return connection.query(str_cat(kSelect, "WHERE name = ?"), {name}, [&](const sql::Row& row) {
      found = read_row(row);
      return ok_status();
    });
  }));
  if (!found) return not_found("deployment '", name, "' does not exist");
  return *std::move(found);
}

StatusOr<std::vector<DeploymentChange>> DeploymentStore::history(std::string_view name) {
  std::vector<DeploymentChange> changes;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    changes.clear();
    return connection.query(
        "SELECT model, version, from_ms, reason, run_id FROM deployment_history WHERE deployment = ? "
        "ORDER BY generation DESC",
        {name}, [&](const sql::Row& row) {
          changes.push_back({row.string(0), row.integer(1), row.integer(2), row.string(3), row.string(4)});
          return ok_status();
        });
  }));
  return changes;
}

StatusOr<std::int64_t> DeploymentStore::request(sql::Connection& tx, std::string_view name, const DeploymentSpec& spec,
                                                bool stopped, std::int64_t now_ms) {
  const std::int64_t stop = stopped ? 1 : 0;
  RETURN_IF_ERROR(tx.execute(
      "INSERT INTO deployments(name, model, version, reason, run_id, stopped, generation, observed, active_model, "
      "active_version, error, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, 1, 0, '', 0, '', ?, ?) "
      "ON CONFLICT (name) DO UPDATE SET model = excluded.model, version = excluded.version, reason = excluded.reason, "
      "run_id = excluded.run_id, stopped = excluded.stopped, generation = deployments.generation + 1, "
      "updated_ms = excluded.updated_ms",
      {name, spec.model, spec.version, spec.reason, spec.run_id, stop, now_ms, now_ms}));
  ASSIGN_OR_RETURN(const auto generation,
                   tx.query_integer("SELECT generation FROM deployments WHERE name = ?", {name}));
  return generation.value_or(0);
}

Status DeploymentStore::reached(sql::Connection& tx, const DeploymentRow& row, std::int64_t now_ms) {
  RETURN_IF_ERROR(tx.execute(
      "UPDATE deployments SET observed = ?, active_model = ?, active_version = ?, error = '', updated_ms = ? "
      "WHERE name = ?",
      {row.generation, row.desired.model, row.desired.version, now_ms, row.name}));
  if (row.stopped) return ok_status();
  return detail::as_status(
      tx.execute("INSERT INTO deployment_history(deployment, generation, model, version, from_ms, reason, run_id) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?)",
                 {row.name, row.generation, row.desired.model, row.desired.version, now_ms, row.desired.reason,
                  row.desired.run_id}));
}

Status DeploymentStore::failed(sql::Connection& tx, const DeploymentRow& row, std::string_view error,
                               std::int64_t now_ms) {
  return detail::as_status(tx.execute("UPDATE deployments SET observed = ?, error = ?, updated_ms = ? WHERE name = ?",
                                      {row.generation, error, now_ms, row.name}));
}

}  // namespace treadle::serving
