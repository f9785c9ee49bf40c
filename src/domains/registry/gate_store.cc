#include "domains/registry/gate_store.h"

#include "base/strings.h"

namespace treadle::registry::store {
namespace {

StatusOr<std::vector<Gate>> load(sql::Connection& connection, std::string_view rest, const sql::Values& values) {
  std::vector<Gate> gates;
  RETURN_IF_ERROR(connection.query(
      str_cat(
          "SELECT target, checks, description, version, user_name, updated_ms FROM model_gates WHERE active = 1 AND ",
          rest, " ORDER BY target"),
      values, [&](const sql::Row& row) -> Status {
        Gate gate{.target = row.string(0),
                  .description = row.string(2),
                  .version = row.integer(3),
                  .user = row.string(4),
                  .updated_ms = row.integer(5)};
        for (const std::string_view line : split(row.text(1), '\n')) {
          ASSIGN_OR_RETURN(Check check, parse_check(std::string(line)));
          gate.checks.push_back(std::move(check));
        }
        gates.push_back(std::move(gate));
        return ok_status();
      }));
  return gates;
}

}  // namespace

StatusOr<std::vector<Gate>> load_gates(sql::Connection& connection, const std::string& model) {
  return load(connection, "model = ?", {model});
}

StatusOr<std::optional<Gate>> find_gate(sql::Connection& connection, const std::string& model,
                                        const std::string& target) {
  ASSIGN_OR_RETURN(auto gates, load(connection, "model = ? AND target = ?", {model, target}));
  return gates.empty() ? std::nullopt : std::optional(std::move(gates.front()));
}

StatusOr<Gate> put_gate(sql::Connection& tx, const std::string& model, Gate gate) {
  // A deleted gate leaves its row, so that its version is not given again.
  RETURN_IF_ERROR(
      tx.execute("INSERT INTO model_gates(model, target, checks, description, version, active, user_name, updated_ms)"
                 " VALUES (?, ?, ?, ?, 1, 1, ?, ?) ON CONFLICT(model, target) DO UPDATE SET checks = excluded.checks,"
                 " description = excluded.description, version = model_gates.version + 1, active = 1,"
                 " user_name = excluded.user_name, updated_ms = excluded.updated_ms",
                 {model, gate.target, checks_text(gate, "\n"), gate.description, gate.user, gate.updated_ms}));
  ASSIGN_OR_RETURN(
      const auto version,
      tx.query_integer("SELECT version FROM model_gates WHERE model = ? AND target = ?", {model, gate.target}));
  gate.version = version.value_or(1);
  return gate;
}

StatusOr<bool> remove_gate(sql::Connection& tx, const std::string& model, const std::string& target) {
  ASSIGN_OR_RETURN(
      const std::int64_t changed,
      tx.execute("UPDATE model_gates SET active = 0 WHERE model = ? AND target = ? AND active = 1", {model, target}));
  return changed > 0;
}

Status put_approval(sql::Connection& tx, const std::string& model, std::int64_t version, const Approval& approval) {
  return tx
      .execute(
          "INSERT INTO model_approvals(model, version, target, user_name, verified, admin, time_ms, reason)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(model, version, target, user_name) DO UPDATE SET"
          " verified = excluded.verified, admin = excluded.admin, time_ms = excluded.time_ms, reason = excluded.reason",
          {model, version, approval.target, approval.by.user, static_cast<int>(approval.by.verified),
           static_cast<int>(approval.by.admin), approval.time_ms, approval.reason})
      .status();
}

StatusOr<std::vector<Approval>> load_approvals(sql::Connection& connection, const std::string& model,
                                               std::int64_t version, const std::string& target) {
  std::vector<Approval> approvals;
  sql::Values values = {model, version};
  if (!target.empty()) values.emplace_back(target);
  RETURN_IF_ERROR(connection.query(
      str_cat("SELECT target, user_name, verified, admin, time_ms, reason FROM model_approvals WHERE model = ?"
              " AND version = ?",
              target.empty() ? "" : " AND target = ?", " ORDER BY time_ms, user_name"),
      values, [&](const sql::Row& row) {
        approvals.push_back(
            {.target = row.string(0),
             .by = {.user = row.string(1), .verified = row.integer(2) != 0, .admin = row.integer(3) != 0},
             .time_ms = row.integer(4),
             .reason = row.string(5)});
        return ok_status();
      }));
  return approvals;
}

StatusOr<bool> remove_approval(sql::Connection& tx, const std::string& model, std::int64_t version,
                               const std::string& target, const std::string& user) {
  ASSIGN_OR_RETURN(
      const std::int64_t removed,
      tx.execute("DELETE FROM model_approvals WHERE model = ? AND version = ? AND target = ? AND user_name = ?",
                 {model, version, target, user}));
  return removed > 0;
}

Status remove_approvals(sql::Connection& tx, const std::string& model, std::int64_t version) {
  return tx.execute("DELETE FROM model_approvals WHERE model = ? AND version = ?", {model, version}).status();
}

}  // namespace treadle::registry::store
