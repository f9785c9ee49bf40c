// Turning parsed searches into SQL with bound values. Names that reach the text of a statement come from fixed lists
// only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domains/tracking/filter.h"
#include "domains/tracking/types.h"
#include "storage/sql/database.h"

namespace treadle::tracking {

struct SqlText {
  std::string text;
  sql::Values values;
};

// "column OP ?" for one condition. LIKE is case-sensitive and ILIKE is not, on both engines.
Status append_comparison(SqlText& sql, sql::Dialect dialect, std::string_view column, const Condition& condition,
                         bool numeric);

// " AND column IN (…)"; nothing when there are no values.
void append_in(SqlText& sql, std::string_view column, const std::vector<std::string>& values);

// " LIMIT … OFFSET …".
void append_page(SqlText& sql, std::int64_t limit, std::int64_t offset);

// Runs it: the first column of each row.
StatusOr<std::vector<std::string>> select_ids(sql::Connection& connection, const SqlText& sql);

// The column of `runs` that an attribute of the grammar means; "" when it is no attribute, or none that is a column.
std::string_view run_attribute_column(std::string_view attribute);

// Selects the ids of all matching runs, in no order.
StatusOr<SqlText> run_match_sql(const RunQuery& query, sql::Dialect dialect);
// Selects the ids of matching runs, ordered and limited to the page and one more.
StatusOr<SqlText> run_search_sql(const RunQuery& query, sql::Dialect dialect);
StatusOr<SqlText> experiment_search_sql(const ExperimentQuery& query, sql::Dialect dialect);
// logged_model_search.cc
StatusOr<SqlText> logged_model_search_sql(const ModelQuery& query, sql::Dialect dialect);

}  // namespace treadle::tracking
