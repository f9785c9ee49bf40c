// Regular expressions in statements: "x ~ ?" on PostgreSQL, "x REGEXP ?" on SQLite, which has the operator but no
// function behind it. RE2's takes time in proportion to the text, whatever the pattern.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "storage/sql/database.h"

struct sqlite3;

namespace treadle::sql {

std::string_view regexp_operator(Dialect dialect);

// What is wrong with a pattern, in words for whoever wrote it.
Status check_regexp(const std::string& pattern);

// The function behind REGEXP, on one connection: whether the pattern is found anywhere in the text. Not of NULL.
Status add_regexp(sqlite3* handle);

}  // namespace treadle::sql
