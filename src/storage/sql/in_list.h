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

// "(?, ?), (?, ?)": for many rows in one INSERT.
std::string row_marks(std::size_t rows, std::size_t columns);

// Calls `work` with lists of at most 200 of the values, in their order, until one fails: a statement stays short
// however many values there are.
Status in_chunks(const std::vector<std::string>& values, const std::function<Status(const InList&)>& work);

}  // namespace treadle::sql
