#include "domains/traces/search.h"

#include <array>

#include "base/strings.h"
#include "domains/traces/span_search.h"
#include "domains/traces/store.h"

namespace treadle::traces::store {
namespace {

using tracking::Comparator;
using tracking::Condition;
using tracking::SqlText;

struct Attribute {
  std::string_view name, column;
  bool numeric = false;
};
constexpr std::string_view kEnd = "(t.request_ms + COALESCE(t.duration_ms, 0))";
constexpr std::array<Attribute, 13> kAttributes = {{{"timestamp_ms", "t.request_ms", true},
                                                    {"timestamp", "t.request_ms", true},
                                                    {"execution_time_ms", "t.duration_ms", true},
                                                    {"execution_time", "t.duration_ms", true},
                                                    {"end_time_ms", kEnd, true},
                                                    {"end_time", kEnd, true},
                                                    {"status", "t.state"},
                                                    {"state", "t.state"},
                                                    {"request_id", "t.id"},
                                                    {"trace_id", "t.id"},
                                                    {"id", "t.id"},
                                                    {"client_request_id", "t.client_request_id"},
                                                    {"experiment_id", "t.experiment_id"}}};

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

// "c.kind = ? AND …": feedback or an expectation of this name that counts. Numbers are compared as such, all else as
// text.
Status append_said(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  sql.text += "c.kind = ? AND c.name = ? AND c.valid = 1";
  sql.values.emplace_back(condition.entity);
  sql.values.emplace_back(condition.key);
  if (condition.comparator == Comparator::kIsNull || condition.comparator == Comparator::kIsNotNull) return ok_status();
  const bool ordered = condition.comparator >= Comparator::kLess && condition.comparator <= Comparator::kGreaterEqual;
  if (ordered && condition.values.front().quoted) {
    return invalid_field("filter", "Expected a numeric value for ", condition.entity, " when using this comparator.",
                         " Got value '", condition.values.front().text, "'");
  }
  sql.text += " AND ";
  return append_comparison(sql, dialect, ordered ? "c.number" : "c.text", condition, ordered);
}

// Said of the trace itself, or of one in the same session (MLflow marks such by metadata of the assessment).
Status append_assessment(SqlText& sql, sql::Dialect dialect, const Condition& condition,
                         const Experiments& experiments) {
  str_append(&sql.text, condition.comparator == Comparator::kIsNull ? "NOT (" : "(",
             "EXISTS (SELECT 1 FROM assessments c WHERE c.trace_id = t.id AND ");
  RETURN_IF_ERROR(append_said(sql, dialect, condition));
  sql.text +=
      ") OR t.id IN (SELECT n.trace_id FROM trace_metadata n WHERE n.key = 'mlflow.trace.session' AND n.value IN"
      " (SELECT m.value FROM assessments c JOIN trace_metadata m ON m.trace_id = c.trace_id AND m.key ="
      " 'mlflow.trace.session' JOIN traces o ON o.id = c.trace_id WHERE ";
  RETURN_IF_ERROR(append_said(sql, dialect, condition));
  sql.text += " AND c.metadata LIKE '%\"mlflow.trace.session\":%'";
  tracking::append_in(sql, "o.experiment_id", experiments);
  sql.text += ")))";
  return ok_status();
}

// An issue that the trace shows, or a prompt that it was made with ("name/version").
Status append_exact(SqlText& sql, const Condition& condition, std::string_view where) {
  if (condition.comparator != Comparator::kEqual || !condition.values.front().quoted) {
    return invalid_field("filter", condition.entity, ".", condition.key, " is compared by = with text in quotes only");
  }
  str_append(&sql.text, "EXISTS (SELECT 1 FROM ", where, " = ?)");
  sql.values.emplace_back(condition.values.front().text);
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

}  // namespace

Status append_condition(SqlText& sql, sql::Dialect dialect, Condition condition, const Experiments& experiments) {
  if (condition.entity == "attribute" && condition.key == "run_id") return append_run(sql, dialect, condition);
  if (condition.entity == "attribute" && condition.key == "prompt")
    return append_exact(sql, condition, "trace_prompts c WHERE c.trace_id = t.id AND c.prompt");
  if (condition.entity == "issue" && condition.key == "id")
    return append_exact(sql, condition, "assessments c WHERE c.trace_id = t.id AND c.kind = 'issue' AND c.name");
  if (condition.entity == "feedback" || condition.entity == "expectation")
    return append_assessment(sql, dialect, condition, experiments);
  resolve(condition.entity, condition.key);
  if (condition.entity == "attribute") {
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(condition.key, "filter"));
    return append_comparison(sql, dialect, attribute.column, condition, attribute.numeric);
  }
  if (condition.entity != "tag" && condition.entity != "metadata") {
    return invalid_field("filter",
                         "Invalid entity type: traces have tags, metadata, span, feedback, expectation, issue.id and "
                         "attributes to search"
                         " by, not ",
                         condition.entity, ".", condition.key);
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

namespace {

Status append_order(SqlText& sql, const std::vector<std::string>& orders) {
  sql.text += " ORDER BY ";
  for (const std::string& text : orders) {
    ASSIGN_OR_RETURN(tracking::OrderBy order, tracking::parse_order_by(text, tracking::Grammar::kTraces));
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

// "condition AND condition …"; what always holds when there is no filter. Those on spans must all hold of one span.
Status append_filter(SqlText& sql, sql::Dialect dialect, const std::string& filter, const Experiments& experiments) {
  ASSIGN_OR_RETURN(const auto conditions, tracking::parse_filter(filter, tracking::Grammar::kTraces));
  std::vector<Condition> of_spans;
  sql.text += "1 = 1";
  for (Condition condition : conditions) {
    // What is searched by trace.text is in the spans.
    if (condition.entity == "attribute" && condition.key == "text") {
      condition.entity = "span";
      condition.key = "content";
    }
    if (condition.entity == "span") {
      of_spans.push_back(std::move(condition));
      continue;
    }
    sql.text += " AND ";
    RETURN_IF_ERROR(append_condition(sql, dialect, std::move(condition), experiments));
  }
  if (of_spans.empty()) return ok_status();
  sql.text += " AND ";
  return append_spans(sql, dialect, of_spans);
}

}  // namespace

StatusOr<std::vector<std::string>> find(sql::Connection& connection, const Query& query) {
  SqlText sql{.text = "SELECT t.id FROM traces t WHERE ", .values = {}};
  RETURN_IF_ERROR(append_filter(sql, connection.dialect(), query.filter, query.experiment_ids));
  tracking::append_in(sql, "t.experiment_id", query.experiment_ids);
  RETURN_IF_ERROR(append_order(sql, query.order_by));
  tracking::append_page(sql, query.limit + 1, query.offset);
  return tracking::select_ids(connection, sql);
}

StatusOr<Overlap> overlap(sql::Connection& connection, const OverlapQuery& query) {
  SqlText sql{.text =
                  "SELECT COUNT(*), COALESCE(SUM(first), 0), COALESCE(SUM(second), 0), COALESCE(SUM(first *"
                  " second), 0) FROM (SELECT CASE WHEN ",
              .values = {}};
  RETURN_IF_ERROR(append_filter(sql, connection.dialect(), query.first, query.experiment_ids));
  sql.text += " THEN 1 ELSE 0 END AS first, CASE WHEN ";
  RETURN_IF_ERROR(append_filter(sql, connection.dialect(), query.second, query.experiment_ids));
  sql.text += " THEN 1 ELSE 0 END AS second FROM traces t WHERE ";
  RETURN_IF_ERROR(append_filter(sql, connection.dialect(), query.base, query.experiment_ids));
  tracking::append_in(sql, "t.experiment_id", query.experiment_ids);
  sql.text += ") q";
  Overlap counts;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    counts = {.total = row.integer(0), .first = row.integer(1), .second = row.integer(2), .both = row.integer(3)};
    return ok_status();
  }));
  return counts;
}

}  // namespace treadle::traces::store
