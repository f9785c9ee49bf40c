// Searching traces: conditions and orders as SQL.
#include <array>

#include "base/strings.h"
#include "domains/traces/store.h"
#include "domains/tracking/filter.h"
#include "domains/tracking/search_sql.h"

namespace treadle::traces::store {
namespace {

using tracking::Comparator;
using tracking::Condition;
using tracking::SqlText;

struct Attribute {
  std::string_view name, column;
  bool numeric = false;
};
constexpr std::array<Attribute, 11> kAttributes = {{{"timestamp_ms", "t.request_ms", true},
                                                    {"timestamp", "t.request_ms", true},
                                                    {"execution_time_ms", "t.duration_ms", true},
                                                    {"execution_time", "t.duration_ms", true},
                                                    {"status", "t.state"},
                                                    {"state", "t.state"},
                                                    {"request_id", "t.id"},
                                                    {"trace_id", "t.id"},
                                                    {"id", "t.id"},
                                                    {"client_request_id", "t.client_request_id"},
                                                    {"experiment_id", "t.experiment_id"}}};

// Whose run a trace is; others it may be linked to.
constexpr std::string_view kSourceRun = "mlflow.sourceRun";

// Attributes that are kept as a tag or as metadata.
struct Kept {
  std::string_view name, entity, key;
};
constexpr std::array<Kept, 2> kKept = {{{"name", "tag", "mlflow.traceName"}, {"run_id", "metadata", kSourceRun}}};

std::string_view table_of(std::string_view entity) { return entity == "tag" ? "trace_tags" : "trace_metadata"; }

void resolve(std::string& entity, std::string& key) {
  if (entity != "attribute") return;
  for (const Kept& kept : kKept) {
    if (kept.name != key) continue;
    entity = kept.entity;
    key = kept.key;
    return;
  }
}

StatusOr<Attribute> find_attribute(const std::string& key, std::string_view field) {
  for (const Attribute& attribute : kAttributes) {
    if (attribute.name == key) return attribute;
  }
  return invalid_field(field, "\"", key,
                       "\" is not an attribute of traces; use timestamp_ms, execution_time_ms, status,",
                       " name, run_id, trace_id or client_request_id");
}

// Feedback or an expectation of this name that counts. Numbers are compared as such, all else as text.
Status append_assessment(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  const bool absent = condition.comparator == Comparator::kIsNull;
  str_append(&sql.text, absent ? "NOT EXISTS" : "EXISTS",
             " (SELECT 1 FROM assessments c WHERE c.trace_id = t.id AND c.kind = ? AND c.name = ? AND c.valid = 1");
  sql.values.emplace_back(condition.entity);
  sql.values.emplace_back(condition.key);
  if (!absent && condition.comparator != Comparator::kIsNotNull) {
    const bool ordered = condition.comparator >= Comparator::kLess && condition.comparator <= Comparator::kGreaterEqual;
    if (ordered && condition.values.front().quoted) {
      return invalid_field("filter", "Expected a numeric value for ", condition.entity, " when using this comparator.",
                           " Got value '", condition.values.front().text, "'");
    }
    sql.text += " AND ";
    RETURN_IF_ERROR(append_comparison(sql, dialect, ordered ? "c.number" : "c.text", condition, ordered));
  }
  sql.text += ")";
  return ok_status();
}

// The traces of a run are those that it made and those that were linked to it.
Status append_run(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  const bool absent = condition.comparator == Comparator::kIsNull;
  const bool any = absent || condition.comparator == Comparator::kIsNotNull;
  str_append(&sql.text, absent ? "NOT (" : "(");
  for (const bool made : {true, false}) {
    str_append(&sql.text, made ? "EXISTS (SELECT 1 FROM trace_metadata c WHERE c.trace_id = t.id AND c.key = ?"
                               : " OR EXISTS (SELECT 1 FROM trace_runs c WHERE c.trace_id = t.id");
    if (made) sql.values.emplace_back(kSourceRun);
    if (!any) {
      sql.text += " AND ";
      RETURN_IF_ERROR(append_comparison(sql, dialect, made ? "c.value" : "c.run_id", condition, false));
    }
    sql.text += ")";
  }
  sql.text += ")";
  return ok_status();
}

Status append_condition(SqlText& sql, sql::Dialect dialect, Condition condition) {
  if (condition.entity == "attribute" && condition.key == "run_id") return append_run(sql, dialect, condition);
  if (condition.entity == "feedback" || condition.entity == "expectation")
    return append_assessment(sql, dialect, condition);
  resolve(condition.entity, condition.key);
  if (condition.entity == "attribute") {
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(condition.key, "filter"));
    return append_comparison(sql, dialect, attribute.column, condition, attribute.numeric);
  }
  if (condition.entity != "tag" && condition.entity != "metadata") {
    return invalid_field("filter",
                         "traces have tags, metadata, feedback, expectations and attributes to search by, not ",
                         condition.entity);
  }
  const bool absent = condition.comparator == Comparator::kIsNull;
  str_append(&sql.text, absent ? "NOT EXISTS" : "EXISTS", " (SELECT 1 FROM ", table_of(condition.entity),
             " c WHERE c.trace_id = t.id AND c.key = ?");
  sql.values.emplace_back(condition.key);
  if (!absent && condition.comparator != Comparator::kIsNotNull) {
    sql.text += " AND ";
    RETURN_IF_ERROR(append_comparison(sql, dialect, "c.value", condition, false));
  }
  sql.text += ")";
  return ok_status();
}

Status append_order(SqlText& sql, const std::vector<std::string>& orders) {
  sql.text += " ORDER BY ";
  for (const std::string& text : orders) {
    ASSIGN_OR_RETURN(tracking::OrderBy order, tracking::parse_order_by(text));
    resolve(order.entity, order.key);
    std::string value;
    if (order.entity == "attribute") {
      ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(order.key, "order_by"));
      value = attribute.column;
    } else if (order.entity == "tag" || order.entity == "metadata") {
      value = str_cat("(SELECT c.value FROM ", table_of(order.entity), " c WHERE c.trace_id = t.id AND c.key = ?)");
      sql.values.emplace_back(order.key);
      sql.values.emplace_back(order.key);
    } else {
      return invalid_field("order_by", "traces are ordered by their attributes and tags, not by ", order.entity);
    }
    // Missing values last whatever the direction, on both engines.
    str_append(&sql.text, "CASE WHEN ", value, " IS NULL THEN 1 ELSE 0 END, ", value,
               order.ascending ? " ASC, " : " DESC, ");
  }
  sql.text += orders.empty() ? "t.request_ms DESC, t.id DESC" : "t.id";
  return ok_status();
}

}  // namespace

StatusOr<std::vector<std::string>> find(sql::Connection& connection, const Query& query) {
  SqlText sql{.text = "SELECT t.id FROM traces t WHERE 1 = 1", .values = {}};
  tracking::append_in(sql, "t.experiment_id", query.experiment_ids);
  ASSIGN_OR_RETURN(const auto conditions, tracking::parse_filter(query.filter, tracking::Grammar::kTraces));
  for (const Condition& condition : conditions) {
    sql.text += " AND ";
    RETURN_IF_ERROR(append_condition(sql, connection.dialect(), condition));
  }
  RETURN_IF_ERROR(append_order(sql, query.order_by));
  tracking::append_page(sql, query.limit + 1, query.offset);
  return tracking::select_ids(connection, sql);
}

}  // namespace treadle::traces::store
