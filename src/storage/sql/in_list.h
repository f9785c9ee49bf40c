// Many values in one statement: "WHERE id IN (?, ?, …)", "VALUES (?, ?), (?, ?), …".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "storage/sql/database.h"

namespace treadle::sql {

struct InList {
  std::string marks;  // "?, ?, …", one per value
  Values values;
};

InList in_list(const std::vector<std::string>& values);

// Puts in rows of `columns` values each, 64 by a statement, and says how many were changed. `into` is what stands
// before the rows ("INSERT INTO t(a, b) VALUES "), `conflict` what stands behind them. With DO UPDATE no key may come
// twice.
StatusOr<std::int64_t> insert_rows(Connection& tx, std::string_view into, std::size_t columns, const Values& values,
                                   std::string_view conflict);

// Calls `work` with lists of at most 200 of the values, in their order, until one fails: a statement stays short
// however many values there are.
Status in_chunks(const std::vector<std::string>& values, const std::function<Status(const InList&)>& work);

}  // namespace treadle::sql
