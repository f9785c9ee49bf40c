// How many of the runs that a search finds have each value of a param, a tag, or an attribute with few values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domains/tracking/run_table.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/types.h"

namespace treadle::tracking {

struct RunGroup {
  std::optional<std::string> value;  // nullopt: the runs without one
  std::int64_t count = 0;
};

struct RunGroups {
  static constexpr std::size_t kMost = 1000;
  std::vector<RunGroup> groups;  // by value, those without one last
  bool more = false;             // there are other values than these
  std::int64_t runs = 0;         // found, also those of other values
};

// "params.model", "tags.team", "status", "user_id" or "experiment_id", as order_by has them. kInvalidArgument for what
// else one may sort by: metrics and times hardly repeat.
StatusOr<ColumnName> parse_group_by(const std::string& by);

// Of these rows; the column must be in the table.
RunGroups count_groups(const RunTable& table, const std::vector<RowNumber>& rows, const ColumnName& by);

// The same asked of the database.
StatusOr<SqlText> run_groups_sql(const RunQuery& query, const ColumnName& by, sql::Dialect dialect);
StatusOr<RunGroups> read_groups(sql::Connection& connection, const SqlText& sql);

}  // namespace treadle::tracking
