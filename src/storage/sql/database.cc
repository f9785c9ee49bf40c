#include "storage/sql/database.h"

namespace treadle::sql {

Value Value::blob(std::string bytes) {
  Value value(std::move(bytes));
  value.blob_ = true;
  return value;
}

StatusOr<std::optional<std::int64_t>> Connection::query_integer(std::string_view sql, const Values& values) {
  std::optional<std::int64_t> result;
  RETURN_IF_ERROR(query(sql, values, [&](const Row& row) {
    result = row.optional_integer(0);
    return ok_status();
  }));
  return result;
}

StatusOr<std::optional<std::string>> Connection::query_text(std::string_view sql, const Values& values) {
  std::optional<std::string> result;
  RETURN_IF_ERROR(query(sql, values, [&](const Row& row) {
    result = row.optional_string(0);
    return ok_status();
  }));
  return result;
}

}  // namespace treadle::sql
