#include "domains/traces/metrics_sql.h"

#include <array>
#include <cmath>
#include <limits>

#include "base/strings.h"
#include "domains/traces/search.h"

namespace treadle::traces::store {
namespace {

using tracking::Comparator;
using tracking::Condition;
using tracking::SqlText;

constexpr std::int64_t kNanoseconds = 1'000'000;  // in a millisecond
constexpr std::string_view kTag = "tag", kMetadata = "metadata";

std::string_view source_of(View view) {
  if (view == View::kSpans) return "traces t JOIN trace_spans s ON s.trace_id = t.id";
  return view == View::kTraces ? "traces t" : "traces t JOIN assessments a ON a.trace_id = t.id AND a.valid = 1";
}

bool is_cost(const MetricQuery& query) { return query.view == View::kSpans && query.metric.ends_with("_cost"); }

Status wrong_filter(const std::string& filter, std::string_view why) {
  return invalid_field("filters", "\"", filter, "\": ", why);
}

struct FilterColumn {
  std::string_view name, column;
  View view;
  std::string_view view_name;
};
constexpr std::array<FilterColumn, 5> kColumns = {{{"span.name", "s.name", View::kSpans, "SPANS"},
                                                   {"span.status", "s.status", View::kSpans, "SPANS"},
                                                   {"span.type", "s.type", View::kSpans, "SPANS"},
                                                   {"assessment.name", "a.name", View::kAssessments, "ASSESSMENTS"},
                                                   {"assessment.type", "a.kind", View::kAssessments, "ASSESSMENTS"}}};

// What searches call by other names: "trace.tag.KEY", "trace.metadata.KEY". The rest is the same.
Status append_trace_filter(SqlText& sql, const std::string& filter, const Condition& condition, sql::Dialect dialect) {
  const std::string_view key = condition.key;
  if (key == "status") return append_condition(sql, dialect, condition, {});
  for (const std::string_view entity : {kTag, kMetadata}) {
    const std::string prefix = str_cat(entity, ".");
    if (!key.starts_with(prefix) || key.size() == prefix.size()) continue;
    Condition of_pair = condition;
    of_pair.entity = entity;
    of_pair.key = key.substr(prefix.size());
    // A run's traces are also those that were linked to it.
    if (entity == kMetadata && of_pair.key == kSourceRun) of_pair.entity = "attribute", of_pair.key = "run_id";
    return append_condition(sql, dialect, std::move(of_pair), {});
  }
  if (key == kTag || key == kMetadata) {
    return wrong_filter(filter,
                        str_cat("Filtering by ", key, " requires a key, e.g. 'trace.", key, ".<key> = <value>'"));
  }
  return wrong_filter(filter, str_cat("Invalid entity '", key,
                                      "' specified for view type 'trace'; use trace.status,"
                                      " trace.tag.<key> or trace.metadata.<key>"));
}

Status append_filter(SqlText& sql, const std::string& filter, View view, sql::Dialect dialect) {
  ASSIGN_OR_RETURN(const auto conditions, tracking::parse_filter(filter, tracking::Grammar::kTraces));
  if (conditions.size() != 1) return invalid("Invalid filter: '", filter, "'. Expected one filter clause.");
  const Condition& condition = conditions.front();
  if (condition.comparator != Comparator::kEqual)
    return wrong_filter(filter, "Invalid comparator, only '=' operator is supported");
  if (!condition.values.front().quoted) return wrong_filter(filter, "Expected a quoted string value");
  sql.text += " AND ";
  if (condition.entity == "attribute") return append_trace_filter(sql, filter, condition, dialect);
  const std::string name = str_cat(condition.entity, ".", condition.key);
  for (const FilterColumn& column : kColumns) {
    if (column.name != name) continue;
    if (column.view != view) {
      return invalid("Filtering by ", condition.entity, " is only supported for ", column.view_name, " view type");
    }
    str_append(&sql.text, column.column, " = ?");
    sql.values.emplace_back(condition.values.front().text);
    return ok_status();
  }
  return wrong_filter(filter,
                      str_cat("Invalid entity '", condition.key, "' specified for view type '", condition.entity,
                              "'; use trace.status, trace.tag.<key>, span.name,"
                              " span.status, span.type, assessment.name or assessment.type"));
}

// Costs count when their span began, all else when its trace did.
void append_times(SqlText& sql, const MetricQuery& query) {
  const bool in_ns = is_cost(query);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / kNanoseconds - 1;
  const auto clamped = [&](std::int64_t ms) { return in_ns ? std::clamp(ms, -most, most) : ms; };
  if (query.from_ms) {
    str_append(&sql.text, " AND ", in_ns ? "s.start_ns" : "t.request_ms", " >= ?");
    sql.values.emplace_back(clamped(*query.from_ms) * (in_ns ? kNanoseconds : 1));
  }
  if (query.to_ms) {
    str_append(&sql.text, " AND ", in_ns ? "s.start_ns < ?" : "t.request_ms <= ?");
    sql.values.emplace_back(in_ns ? (clamped(*query.to_ms) + 1) * kNanoseconds : *query.to_ms);
  }
}

// Rows of d0, d1 … and value, without those that do not count.
Status append_rows(SqlText& sql, const MetricQuery& query, const Metric& metric, sql::Dialect dialect) {
  sql.text += "SELECT * FROM (SELECT ";
  std::string counted = "q.value IS NOT NULL";
  std::size_t number = 0;
  if (query.interval_seconds) {
    const std::string time = query.view == View::kSpans ? "s.start_ns / 1000000" : "t.request_ms";
    // Rounded down also before 1970.
    str_append(&sql.text, "(", time, ") - (((", time, ") % CAST(? AS BIGINT)) + CAST(? AS BIGINT)) % CAST(? AS BIGINT)",
               " AS d", number++, ", ");
    for (int i = 0; i < 3; ++i) sql.values.emplace_back(*query.interval_seconds * 1000);
  }
  for (const std::string& name : query.dimensions) {
    for (const Dimension& dimension : *metric.dimensions) {
      if (dimension.name == name) str_append(&sql.text, dimension.column, " AS d", number, ", ");
    }
    str_append(&counted, " AND q.d", number++, " IS NOT NULL");
  }
  str_append(&sql.text, metric.value, " AS value FROM ", source_of(query.view), " WHERE 1 = 1");
  tracking::append_in(sql, "t.experiment_id", query.experiment_ids);
  append_times(sql, query);
  for (const std::string& filter : query.filters) RETURN_IF_ERROR(append_filter(sql, filter, query.view, dialect));
  str_append(&sql.text, ") q WHERE ", counted);
  return ok_status();
}

// "d0, d1"; on PostgreSQL `bytewise` orders texts as SQLite does.
std::string columns(std::size_t count, bool bytewise = false, std::size_t numbers = 0) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i)
    str_append(&list, i == 0 ? "" : ", ", "d", i, bytewise && i >= numbers ? " COLLATE \"C\"" : "");
  return list;
}

bool has_percentiles(const MetricQuery& query) {
  return std::any_of(query.aggregations.begin(), query.aggregations.end(),
                     [](const Aggregation& one) { return one.kind == "PERCENTILE"; });
}

// A percentile lies between two neighbours in the order of the values: at the place fraction * last.
void append_percentile(SqlText& sql, double fraction) {
  str_append(&sql.text, ", MAX(CASE WHEN place <= CAST(? AS DOUBLE PRECISION) * last AND place > CAST(? AS DOUBLE",
             " PRECISION) * last - 1 THEN value END), MAX(CASE WHEN place >= CAST(? AS DOUBLE PRECISION) * last AND",
             " place < CAST(? AS DOUBLE PRECISION) * last + 1 THEN value END)");
  for (int i = 0; i < 4; ++i) sql.values.emplace_back(fraction);
}

StatusOr<SqlText> statement(const MetricQuery& query, const Metric& metric, sql::Dialect dialect) {
  const std::size_t groups = query.dimensions.size() + (query.interval_seconds ? 1 : 0);
  SqlText sql{.text = "WITH v AS (", .values = {}};
  RETURN_IF_ERROR(append_rows(sql, query, metric, dialect));
  sql.text += ")";
  if (has_percentiles(query)) {
    const std::string by = groups == 0 ? "" : str_cat("PARTITION BY ", columns(groups));
    str_append(&sql.text, ", r AS (SELECT v.*, ROW_NUMBER() OVER (", by,
               " ORDER BY value) - 1 AS place, COUNT(*) OVER (", by, ") - 1 AS last FROM v)");
  }
  str_append(&sql.text, " SELECT ", columns(groups), groups == 0 ? "" : ", ",
             has_percentiles(query) ? "MAX(last)" : "0");
  for (const Aggregation& one : query.aggregations) {
    if (one.kind == "PERCENTILE")
      append_percentile(sql, one.percentile / 100);
    else if (one.kind == "COUNT")
      sql.text += query.metric == "session_count" ? ", COUNT(DISTINCT value)" : ", COUNT(value)";
    else
      str_append(&sql.text, ", ", one.kind, "(CAST(value AS DOUBLE PRECISION))");
  }
  str_append(&sql.text, " FROM ", has_percentiles(query) ? "r" : "v");
  if (groups > 0) {
    str_append(&sql.text, " GROUP BY ", columns(groups), " ORDER BY ",
               columns(groups, dialect == sql::Dialect::kPostgres, query.interval_seconds ? 1 : 0));
  }
  tracking::append_page(sql, query.limit + 1, query.offset);
  return sql;
}

MetricPoint read_point(const sql::Row& row, const MetricQuery& query) {
  MetricPoint point;
  int at = 0;
  if (query.interval_seconds) point.bucket_ms = row.integer(at++);
  for (const std::string& name : query.dimensions) point.dimensions[name] = row.string(at++);
  const auto last = static_cast<double>(row.integer(at++));
  for (const Aggregation& one : query.aggregations) {
    const int here = at++;
    if (one.kind == "PERCENTILE") ++at;
    if (row.is_null(here)) continue;
    double value = row.real(here);
    if (one.kind == "PERCENTILE") {
      const double place = one.percentile / 100 * last;
      value += (row.real(here + 1) - value) * (place - std::floor(place));
    }
    point.values[one.name] = value;
  }
  return point;
}

}  // namespace

StatusOr<MetricPage> metrics(sql::Connection& connection, const MetricQuery& query) {
  const Metric* metric = find_metric(query.view, query.metric);
  if (metric == nullptr) return invalid_field("metric_name", "\"", query.metric, "\" is not known");
  ASSIGN_OR_RETURN(const SqlText sql, statement(query, *metric, connection.dialect()));
  MetricPage page;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    page.points.push_back(read_point(row, query));
    return ok_status();
  }));
  page.more = static_cast<std::int64_t>(page.points.size()) > query.limit;
  if (page.more) page.points.pop_back();
  // Of no rows there is a count, and nothing else.
  std::erase_if(page.points, [](const MetricPoint& point) { return point.values.empty(); });
  return page;
}

}  // namespace treadle::traces::store
