#include "domains/tracking/run_groups.h"

#include <algorithm>
#include <map>

#include "base/strings.h"

namespace treadle::tracking {
namespace {

// Cuts what was counted to the answer, in order.
RunGroups in_order(std::vector<RunGroup> all) {
  RunGroups out;
  for (const RunGroup& group : all) out.runs += group.count;
  const auto before = [](const RunGroup& a, const RunGroup& b) {
    if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
    return a.value < b.value;
  };
  const std::size_t kept = std::min(all.size(), RunGroups::kMost);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), before);
  out.more = kept < all.size();
  all.resize(kept);
  out.groups = std::move(all);
  return out;
}

RunGroups count_statuses(const RunTable& table, const std::vector<RowNumber>& rows) {
  std::map<RunStatus, std::int64_t> counts;
  for (const RowNumber row : rows) ++counts[table.status(row)];
  std::vector<RunGroup> all;
  all.reserve(counts.size());
  for (const auto& [status, count] : counts) all.push_back({std::string(to_string(status)), count});
  return in_order(std::move(all));
}

RunGroups count_experiments(const RunTable& table, const std::vector<RowNumber>& rows) {
  std::map<std::uint32_t, std::int64_t> counts;
  for (const RowNumber row : rows) ++counts[table.experiment(row)];
  std::vector<RunGroup> all;
  all.reserve(counts.size());
  for (const auto& [number, count] : counts) all.push_back({table.experiment_ids()[number], count});
  return in_order(std::move(all));
}

}  // namespace

StatusOr<ColumnName> parse_group_by(const std::string& by) {
  ASSIGN_OR_RETURN(const OrderBy parsed, parse_order_by(by));
  if (parsed.entity == "param" || parsed.entity == "tag") return ColumnName{parsed.entity, parsed.key};
  const std::string_view column = parsed.entity == "attribute" ? run_attribute_column(parsed.key) : "";
  if (column == "status" || column == "user_id" || column == "experiment_id")
    return ColumnName{"attribute", std::string(column)};
  return invalid_field("by", "must be a param, a tag, status, user_id or experiment_id, got \"", by, "\"");
}

RunGroups count_groups(const RunTable& table, const std::vector<RowNumber>& rows, const ColumnName& by) {
  if (by.entity == "attribute" && by.key == "status") return count_statuses(table, rows);
  if (by.entity == "attribute" && by.key == "experiment_id") return count_experiments(table, rows);
  const TextColumn& column = *table.find_text(by);
  std::vector<std::int64_t> counts(column.codes());
  for (const RowNumber row : rows) ++counts[column.code(row)];
  std::vector<RunGroup> all;
  for (std::uint32_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    all.push_back({code == TextColumn::kAbsent ? std::nullopt : std::optional(column.text(code)), counts[code]});
  }
  return in_order(std::move(all));
}

StatusOr<SqlText> run_groups_sql(const RunQuery& query, const ColumnName& by, sql::Dialect dialect) {
  ASSIGN_OR_RETURN(SqlText found, run_match_sql(query, dialect));
  SqlText sql;
  const bool attribute = by.entity == "attribute";
  const std::string value = attribute ? str_cat("g.", by.key) : "g.value";
  const std::string joined = attribute ? std::string("JOIN runs g ON g.id = f.id")
                                       : str_cat("LEFT JOIN ", by.entity == "param" ? "params" : "run_tags",
                                                 " g ON g.run_id = f.id AND g.key = ?");
  // The window is of the groups, before the limit.
  sql.text =
      str_cat("SELECT ", value, ", COUNT(*), CAST(SUM(COUNT(*)) OVER () AS BIGINT) FROM (", found.text, ") f ", joined,
              " GROUP BY ", value, " ORDER BY CASE WHEN ", value, " IS NULL THEN 1 ELSE 0 END, ", value, " LIMIT ?");
  sql.values = std::move(found.values);
  if (!attribute) sql.values.emplace_back(by.key);
  sql.values.emplace_back(static_cast<std::int64_t>(RunGroups::kMost) + 1);
  return sql;
}

StatusOr<RunGroups> read_groups(sql::Connection& connection, const SqlText& sql) {
  RunGroups out;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    out.groups.push_back({row.is_null(0) ? std::nullopt : std::optional(row.string(0)), row.integer(1)});
    out.runs = row.integer(2);
    return ok_status();
  }));
  out.more = out.groups.size() > RunGroups::kMost;
  if (out.more) out.groups.resize(RunGroups::kMost);
  return out;
}

}  // namespace treadle::tracking
