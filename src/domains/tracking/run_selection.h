// A search over runs in memory: the same answer as the SQL of search_sql.h gives, which a randomised test holds it to.
#pragma once

#include <optional>
#include <vector>

#include "domains/tracking/filter.h"
#include "domains/tracking/run_table.h"
#include "domains/tracking/types.h"

namespace treadle::tracking {

// A search whose parts have been checked and that columns can answer.
struct Selection {
  std::vector<Condition> conditions;
  std::vector<OrderBy> order;
  std::vector<ColumnName> columns;  // those it reads
};

// nullopt when columns cannot answer it: datasets, artifact_uri, run_id. For queries that run_search_sql() took.
StatusOr<std::optional<Selection>> plan_selection(const RunQuery& query);

// All rows that match, in no order. All of `selection.columns` must be in the table.
std::vector<RowNumber> matching_rows(const RunTable& table, const Selection& selection, const RunQuery& query);
// The rows of the page and one more when there is one, in order. All of `selection.columns` must be in the table.
std::vector<RowNumber> select_runs(const RunTable& table, const Selection& selection, const RunQuery& query);

}  // namespace treadle::tracking
