// The tables of gates and approvals.
#pragma once

#include <optional>

#include "domains/registry/gate.h"
#include "storage/sql/database.h"

namespace treadle::registry::store {

// In the order of their targets.
StatusOr<std::vector<Gate>> load_gates(sql::Connection& connection, const std::string& model);
StatusOr<std::optional<Gate>> find_gate(sql::Connection& connection, const std::string& model,
                                        const std::string& target);
// Its version becomes one more than any gate of this target ever had.
StatusOr<Gate> put_gate(sql::Connection& tx, const std::string& model, Gate gate);
// False when there was none.
StatusOr<bool> remove_gate(sql::Connection& tx, const std::string& model, const std::string& target);

// A second approval of the same user for the same target takes the place of the first.
Status put_approval(sql::Connection& tx, const std::string& model, std::int64_t version, const Approval& approval);
// For all targets when `target` is empty; oldest first.
StatusOr<std::vector<Approval>> load_approvals(sql::Connection& connection, const std::string& model,
                                               std::int64_t version, const std::string& target = "");
// False when there was none.
StatusOr<bool> remove_approval(sql::Connection& tx, const std::string& model, std::int64_t version,
                               const std::string& target, const std::string& user);
Status remove_approvals(sql::Connection& tx, const std::string& model, std::int64_t version);

}  // namespace treadle::registry::store
