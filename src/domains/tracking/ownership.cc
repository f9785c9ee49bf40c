#include "domains/tracking/service.h"

namespace treadle::tracking {

StatusOr<std::string> Service::experiment_of_run(const std::string& id) {
  std::optional<std::string> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, connection.query_text("SELECT experiment_id FROM runs WHERE id = ?", {id}));
    return ok_status();
  }));
  if (!found) return not_found("Run with id=", id, " not found");
  return *found;
}

}  // namespace treadle::tracking
