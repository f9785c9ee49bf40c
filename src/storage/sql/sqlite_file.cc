#include "storage/sql/sqlite_file.h"

#include "storage/sql/sqlite_connection.h"

namespace treadle::sql {

StatusOr<std::unique_ptr<Connection>> open_sqlite_file(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, SqliteConnection::open(path, true));
  return connection;
}

}  // namespace treadle::sql
