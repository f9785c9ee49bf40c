// Searching datasets: conditions and orders as SQL.
#include <array>

#include "base/strings.h"
#include "domains/evaluation/store.h"
#include "domains/tracking/filter.h"
#include "domains/tracking/search_sql.h"

namespace treadle::evaluation::store {
namespace {

using tracking::Comparator;
using tracking::Condition;
using tracking::SqlText;

struct Attribute {
  std::string_view name, column;
  bool numeric = false, sortable = false;
};
constexpr std::array<Attribute, 5> kAttributes = {{{"name", "d.name", false, true},
                                                   {"created_time", "d.created_ms", true, true},
                                                   {"last_update_time", "d.updated_ms", true, true},
                                                   {"created_by", "d.created_by"},
                                                   {"last_updated_by", "d.updated_by"}}};

StatusOr<Attribute> find_attribute(const std::string& key, bool to_sort) {
  std::string known;
  for (const Attribute& attribute : kAttributes) {
    if (to_sort && !attribute.sortable) continue;
    if (attribute.name == key) return attribute;
    str_append(&known, known.empty() ? "" : ", ", attribute.name);
  }
  return Status{StatusCode::kInvalidArgument,
                str_cat("Invalid attribute key '", key, "' specified. Valid keys are: ", known),
                to_sort ? "order_by" : "filter_string"};
}

Status check_comparator(Comparator comparator, std::string_view what, bool list) {
  const bool text = comparator == Comparator::kEqual || comparator == Comparator::kNotEqual ||
                    comparator == Comparator::kLike || comparator == Comparator::kIlike;
  if (text || (list && comparator == Comparator::kIn)) return ok_status();
  return invalid_field("filter_string", "Invalid comparator for ", what, ": ", tracking::sql_operator(comparator),
                       "; use =, !=, LIKE or ILIKE", list ? ", or IN for name" : "");
}

Status append_condition(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  if (condition.entity == "attribute") {
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(condition.key, false));
    if (!attribute.numeric)
      RETURN_IF_ERROR(check_comparator(condition.comparator, "string attribute", attribute.name == "name"));
    return append_comparison(sql, dialect, attribute.column, condition, attribute.numeric);
  }
  if (condition.entity != "tag")
    return invalid_field("filter_string", "Invalid identifier token '", condition.entity,
                         "' specified: datasets are searched by attributes and tags");
  RETURN_IF_ERROR(check_comparator(condition.comparator, "tag", false));
  sql.text += "EXISTS (SELECT 1 FROM evaluation_dataset_tags t WHERE t.dataset_id = d.id AND t.key = ? AND ";
  sql.values.emplace_back(condition.key);
  RETURN_IF_ERROR(append_comparison(sql, dialect, "t.value", condition, false));
  sql.text += ")";
  return ok_status();
}

Status append_order(SqlText& sql, const std::vector<std::string>& orders) {
  sql.text += " ORDER BY ";
  for (const std::string& text : orders) {
    ASSIGN_OR_RETURN(const tracking::OrderBy order, tracking::parse_order_by(text));
    if (order.entity != "attribute")
      return invalid_field("order_by", "Invalid order_by entity: ", order.entity, "; use name, created_time or",
                           " last_update_time");
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(order.key, true));
    str_append(&sql.text, attribute.column, order.ascending ? " ASC, " : " DESC, ");
  }
  sql.text += orders.empty() ? "d.created_ms DESC, d.id DESC" : "d.id DESC";
  return ok_status();
}

}  // namespace

StatusOr<std::vector<std::string>> find(sql::Connection& connection, const Query& query) {
  SqlText sql{.text = "SELECT d.id FROM evaluation_datasets d WHERE 1 = 1", .values = {}};
  if (!query.experiment_ids.empty()) {
    sql.text += " AND EXISTS (SELECT 1 FROM evaluation_dataset_experiments e WHERE e.dataset_id = d.id";
    tracking::append_in(sql, "e.experiment_id", query.experiment_ids);
    sql.text += ")";
  }
  ASSIGN_OR_RETURN(const auto conditions, tracking::parse_filter(query.filter));
  for (const Condition& condition : conditions) {
    sql.text += " AND ";
    RETURN_IF_ERROR(append_condition(sql, connection.dialect(), condition));
  }
  RETURN_IF_ERROR(append_order(sql, query.order_by));
  tracking::append_page(sql, query.limit + 1, query.offset);
  return tracking::select_ids(connection, sql);
}

}  // namespace treadle::evaluation::store
