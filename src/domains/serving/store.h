// Deployments in SQL: what is wanted and what was last made of it, and the history of what served when.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/serving/types.h"
#include "storage/sql/database.h"

namespace treadle::serving {

class DeploymentStore {
 public:
  explicit DeploymentStore(sql::Database& database) : database_(database) {}
  // Creates the tables.
  Status open();

  // By name.
  StatusOr<std::vector<DeploymentRow>> list();
  // kNotFound when there is none.
  StatusOr<DeploymentRow> get(std::string_view name);
  // Newest first.
  StatusOr<std::vector<DeploymentChange>> history(std::string_view name);

  // Inside a write(). The desired state and generation + 1, creating the deployment when it is new; the generation.
  StatusOr<std::int64_t> request(sql::Connection& tx, std::string_view name, const DeploymentSpec& spec, bool stopped,
                                 std::int64_t now_ms);
  // `generation` was reached: its version serves (or, stopped, nothing does). A history row unless it was stopped.
  Status reached(sql::Connection& tx, const DeploymentRow& row, std::int64_t now_ms);
  // `generation` could not be reached; what served before goes on.
  Status failed(sql::Connection& tx, const DeploymentRow& row, std::string_view error, std::int64_t now_ms);

 private:
  sql::Database& database_;
};

}  // namespace treadle::serving
