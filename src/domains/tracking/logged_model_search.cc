// Searches over logged models. Their metrics are points of runs on datasets: a filter holds when one point fits it.
#include <algorithm>
#include <array>

#include "base/strings.h"
#include "domains/tracking/search_sql.h"

namespace treadle::tracking {
namespace {

struct Attribute {
  std::string_view name, column;
  bool numeric = false;
};

constexpr std::array<Attribute, 12> kAttributes = {{{"name", "m.name"},
                                                    {"model_id", "m.id"},
                                                    {"model_type", "m.type"},
                                                    {"status", "m.status_text"},
                                                    {"source_run_id", "m.run_id"},
                                                    {"experiment_id", "m.experiment_id"},
                                                    {"creation_time", "m.created_ms", true},
                                                    {"creation_timestamp", "m.created_ms", true},
                                                    {"creation_timestamp_ms", "m.created_ms", true},
                                                    {"last_updated_time", "m.updated_ms", true},
                                                    {"last_updated_timestamp", "m.updated_ms", true},
                                                    {"last_updated_timestamp_ms", "m.updated_ms", true}}};

const Attribute* find_attribute(const std::string& key) {
  const auto it = std::find_if(kAttributes.begin(), kAttributes.end(), [&](const auto& a) { return a.name == key; });
  return it == kAttributes.end() ? nullptr : &*it;
}

Status check_operator(const Condition& condition, bool numeric) {
  const Comparator op = condition.comparator;
  const bool null = op == Comparator::kIsNull || op == Comparator::kIsNotNull;
  const bool text =
      op == Comparator::kLike || op == Comparator::kIlike || op == Comparator::kIn || op == Comparator::kNotIn;
  const bool order = op == Comparator::kLess || op == Comparator::kLessEqual || op == Comparator::kGreater ||
                     op == Comparator::kGreaterEqual;
  if (!null && !(numeric ? text : order)) return ok_status();
  return invalid_field("filter", "Invalid comparison operator for ", condition.entity, ".", condition.key, ": ",
                       sql_operator(op));
}

// " AND (… OR …)": a point measured on one of the datasets.
void append_datasets(SqlText& sql, const std::vector<DatasetRef>& datasets) {
  if (datasets.empty()) return;
  std::string_view separator = " AND (";
  for (const DatasetRef& dataset : datasets) {
    str_append(&sql.text, separator, "(c.dataset_name = ?");
    sql.values.emplace_back(dataset.name);
    if (!dataset.digest.empty()) {
      sql.text += " AND c.dataset_digest = ?";
      sql.values.emplace_back(dataset.digest);
    }
    sql.text += ")";
    separator = " OR ";
  }
  sql.text += ")";
}

Status append_metric(SqlText& sql, sql::Dialect dialect, const Condition& condition,
                     const std::vector<DatasetRef>& datasets) {
  RETURN_IF_ERROR(check_operator(condition, true));
  sql.text +=
      "EXISTS (SELECT 1 FROM logged_model_metrics c WHERE c.model_id = m.id AND c.is_nan = 0 AND c.key = ? AND ";
  sql.values.emplace_back(condition.key);
  RETURN_IF_ERROR(append_comparison(sql, dialect, "c.value", condition, true));
  append_datasets(sql, datasets);
  sql.text += ")";
  return ok_status();
}

// A number is compared as the text it is written with: "params.depth = 5".
Status append_pair(SqlText& sql, sql::Dialect dialect, Condition condition, std::string_view table) {
  for (FilterValue& value : condition.values) value.quoted = true;
  RETURN_IF_ERROR(check_operator(condition, false));
  str_append(&sql.text, "EXISTS (SELECT 1 FROM ", table, " c WHERE c.model_id = m.id AND c.key = ? AND ");
  sql.values.emplace_back(condition.key);
  RETURN_IF_ERROR(append_comparison(sql, dialect, "c.value", condition, false));
  sql.text += ")";
  return ok_status();
}

Status append_condition(SqlText& sql, sql::Dialect dialect, const Condition& condition,
                        const std::vector<DatasetRef>& datasets) {
  if (condition.entity == "metric") return append_metric(sql, dialect, condition, datasets);
  if (condition.entity == "tag") return append_pair(sql, dialect, condition, "logged_model_tags");
  if (condition.entity == "param") return append_pair(sql, dialect, condition, "logged_model_params");
  const Attribute* attribute = condition.entity == "attribute" ? find_attribute(condition.key) : nullptr;
  if (attribute == nullptr) {
    return invalid_field(
        "filter", "\"", condition.entity, ".", condition.key,
        "\" is nothing to search logged models by; use metrics, params, tags or an attribute such as name");
  }
  RETURN_IF_ERROR(check_operator(condition, attribute->numeric));
  return append_comparison(sql, dialect, attribute->column, condition, attribute->numeric);
}

// Missing values come last whatever the direction, on both engines.
void append_order_term(SqlText& sql, std::string_view value, bool ascending) {
  str_append(&sql.text, value, " IS NULL, ", value, ascending ? " ASC, " : " DESC, ");
}

Status append_order(SqlText& sql, const ModelOrder& order) {
  if (order.field.find('.') == std::string::npos) {
    const Attribute* attribute = find_attribute(order.field);
    if (attribute == nullptr) return invalid_field("order_by", "Invalid order by field name: ", order.field);
    append_order_term(sql, attribute->column, order.ascending);
    return ok_status();
  }
  ASSIGN_OR_RETURN(const OrderBy parsed, parse_order_by(order.field));
  if (parsed.entity != "metric") {
    return invalid_field("order_by", "Invalid order by field name: ", order.field, ". Only metrics are supported.");
  }
  SqlText newest{"(SELECT c.value FROM logged_model_metrics c WHERE c.model_id = m.id AND c.is_nan = 0 AND c.key = ?",
                 {parsed.key}};
  if (!order.dataset.name.empty()) append_datasets(newest, {order.dataset});
  newest.text += " ORDER BY c.time_ms DESC, c.step DESC, c.run_id LIMIT 1)";
  append_order_term(sql, newest.text, order.ascending);
  for (int twice = 0; twice < 2; ++twice)
    sql.values.insert(sql.values.end(), newest.values.begin(), newest.values.end());
  return ok_status();
}

}  // namespace

StatusOr<SqlText> logged_model_search_sql(const ModelQuery& query, sql::Dialect dialect) {
  ASSIGN_OR_RETURN(const std::vector<Condition> conditions, parse_filter(query.filter));
  SqlText sql{
      "SELECT m.id FROM (SELECT l.*, CASE status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' ELSE 'UPLOAD_FAILED' END"
      " AS status_text FROM logged_models l) m WHERE m.deleted = 0",
      {}};
  append_in(sql, "m.experiment_id", query.experiment_ids);
  bool measured = false;
  for (const Condition& condition : conditions) {
    sql.text += " AND ";
    measured = measured || condition.entity == "metric";
    RETURN_IF_ERROR(append_condition(sql, dialect, condition, query.datasets));
  }
  if (!query.datasets.empty() && !measured) {
    sql.text += " AND EXISTS (SELECT 1 FROM logged_model_metrics c WHERE c.model_id = m.id";
    append_datasets(sql, query.datasets);
    sql.text += ")";
  }
  sql.text += " ORDER BY ";
  for (const ModelOrder& order : query.order_by) RETURN_IF_ERROR(append_order(sql, order));
  sql.text += "m.created_ms DESC, m.id LIMIT ? OFFSET ?";
  sql.values.emplace_back(query.limit);
  sql.values.emplace_back(query.offset);
  return sql;
}

}  // namespace treadle::tracking
