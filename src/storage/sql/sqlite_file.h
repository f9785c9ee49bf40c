// Looking into a SQLite file that belongs to another program: nothing in it is changed.
#pragma once

#include <memory>
#include <string>

#include "storage/sql/database.h"

namespace treadle::sql {

StatusOr<std::unique_ptr<Connection>> open_sqlite_file(const std::string& path);

}  // namespace treadle::sql
