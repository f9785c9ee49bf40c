// Searches over models and versions, with MLflow's rules on what may be compared with what. Prompts are models too;
// only a search that asks for them finds them.
#include <algorithm>
#include <set>

#include "domains/registry/sql_store.h"
#include "domains/tracking/search_sql.h"

namespace treadle::registry::store {
namespace {

using tracking::Comparator;
using tracking::Condition;

constexpr std::string_view kPrompt = "mlflow.prompt.is_prompt";

struct Searchable {
  std::string_view name, column;
  bool numeric = false;
  bool lists = false;    // IN and NOT IN
  bool searched = true;  // else only for the order
  bool ordered = true;
};

const std::vector<Searchable> kModelFields = {{"name", "m.name", false, true},
                                              {"timestamp", "m.updated_ms", true, false, false},
                                              {"creation_timestamp", "m.created_ms", true, false, false},
                                              {"last_updated_timestamp", "m.updated_ms", true, false, false}};
const std::vector<Searchable> kVersionFields = {{"name", "v.model", false, true},
                                                {"run_id", "v.run_id", false, true, true, false},
                                                {"source_path", "v.source", false, false, true, false},
                                                {"version_number", "v.version", true},
                                                {"creation_timestamp", "v.created_ms", true, false, false},
                                                {"last_updated_timestamp", "v.updated_ms", true, false, false}};

std::string names_of(const std::vector<Searchable>& known, bool searched) {
  std::vector<std::string> names;
  for (const Searchable& field : known) {
    if (searched ? field.searched : field.ordered) names.emplace_back(field.name);
  }
  return join(names, ", ");
}

Status check_comparator(const Condition& condition, const Searchable& field) {
  const Comparator op = condition.comparator;
  const bool list = op == Comparator::kIn || op == Comparator::kNotIn;
  const bool pattern = op == Comparator::kLike || op == Comparator::kIlike;
  const bool equality = op == Comparator::kEqual || op == Comparator::kNotEqual;
  const bool null = op == Comparator::kIsNull || op == Comparator::kIsNotNull;
  const bool fits = field.numeric ? !list && !pattern && !null : equality || pattern || (list && field.lists);
  if (!fits) {
    return invalid_field("filter", "Invalid comparator for attribute ", field.name, ": ", tracking::sql_operator(op));
  }
  if (!field.numeric) return ok_status();
  for (const auto& value : condition.values) {
    if (!parse_int(value.text))
      return invalid_field("filter", "Invalid value for numeric attribute '", field.name, "': ", value.text);
  }
  return ok_status();
}

bool asks_for_prompts(const std::vector<Condition>& conditions) {
  for (const Condition& condition : conditions) {
    if (condition.entity != "tag" || condition.key != kPrompt || condition.values.empty()) continue;
    const std::string value = to_lower(condition.values.front().text);
    return (condition.comparator == Comparator::kEqual && value == "true") ||
           (condition.comparator == Comparator::kNotEqual && value == "false");
  }
  return false;
}

Status append_tag(tracking::SqlText& sql, sql::Dialect dialect, const Condition& condition, std::string_view owner) {
  const Comparator op = condition.comparator;
  if (op != Comparator::kEqual && op != Comparator::kNotEqual && op != Comparator::kLike && op != Comparator::kIlike)
    return invalid_field("filter", "Invalid comparator for tag: ", tracking::sql_operator(op));
  str_append(&sql.text, "EXISTS (SELECT 1 FROM model_tags t WHERE ", owner, " AND t.key = ? AND ");
  sql.values.emplace_back(condition.key);
  RETURN_IF_ERROR(tracking::append_comparison(sql, dialect, "t.value", condition, false));
  sql.text += ")";
  return ok_status();
}

// `tags_of` joins a tag `t` to the row, `model` is the column with the model's name.
StatusOr<tracking::SqlText> where(const Query& query, sql::Dialect dialect, const std::vector<Searchable>& known,
                                  std::string_view tags_of, std::string_view model) {
  ASSIGN_OR_RETURN(const auto parsed, tracking::parse_filter(query.filter));
  tracking::SqlText sql{"WHERE 1 = 1", {}};
  const bool prompts = asks_for_prompts(parsed);
  if (!prompts) {
    str_append(&sql.text, " AND NOT EXISTS (SELECT 1 FROM model_tags p WHERE p.model = ", model,
               " AND p.key = ? AND p.value = 'true')");
    sql.values.emplace_back(kPrompt);
  }
  for (const Condition& condition : parsed) {
    if (condition.entity == "tag" && condition.key == kPrompt && !prompts) continue;  // said above
    sql.text += " AND ";
    if (condition.entity == "tag") {
      RETURN_IF_ERROR(append_tag(sql, dialect, condition, tags_of));
      continue;
    }
    if (condition.entity != "attribute") {
      return invalid_field("filter", "Invalid entity type '", condition.entity,
                           "'. Valid entity types are attribute, tag and tags");
    }
    const auto it = std::find_if(known.begin(), known.end(), [&](const Searchable& field) {
      return field.searched && field.name == condition.key;
    });
    if (it == known.end()) {
      return invalid_field("filter", "Invalid attribute key '", condition.key, "' specified. Valid keys are ",
                           names_of(known, true));
    }
    RETURN_IF_ERROR(check_comparator(condition, *it));
    RETURN_IF_ERROR(tracking::append_comparison(sql, dialect, it->column, condition, it->numeric));
  }
  return sql;
}

// `always` decides between equals; it is left out of what was asked for already.
StatusOr<std::string> ordering(const std::vector<std::string>& order_by, const std::vector<Searchable>& known,
                               const std::vector<std::pair<std::string_view, std::string_view>>& always) {
  std::string text = " ORDER BY ";
  std::set<std::string_view> seen;
  for (const std::string& term : order_by) {
    ASSIGN_OR_RETURN(const tracking::OrderBy order, tracking::parse_order_by(term));
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const Searchable& field) { return field.name == order.key; });
    if (it == known.end() || !it->ordered || order.entity != "attribute") {
      return invalid_field("order_by", "Invalid order by key '", order.key, "' specified. Valid keys are ",
                           names_of(known, false));
    }
    if (!seen.insert(it->column).second)
      return invalid_field("order_by", "`order_by` contains duplicate fields: ", term);
    str_append(&text, it->column, order.ascending ? " ASC, " : " DESC, ");
  }
  std::string_view separator;
  for (const auto& [column, direction] : always) {
    if (seen.contains(column)) continue;
    str_append(&text, separator, column, direction);
    separator = ", ";
  }
  if (separator.empty()) text.resize(text.size() - 2);
  return text + " LIMIT ? OFFSET ?";
}

}  // namespace

StatusOr<Page<Model>> search_models(sql::Connection& connection, const Query& query) {
  ASSIGN_OR_RETURN(tracking::SqlText sql,
                   where(query, connection.dialect(), kModelFields, "t.model = m.name AND t.version = 0", "m.name"));
  ASSIGN_OR_RETURN(const std::string order, ordering(query.order_by, kModelFields, {{"m.name", " ASC"}}));
  sql.values.emplace_back(query.limit + 1);
  sql.values.emplace_back(query.offset);
  std::vector<std::string> names;
  RETURN_IF_ERROR(
      connection.query(str_cat("SELECT m.name FROM models m ", sql.text, order), sql.values, [&](const sql::Row& row) {
        names.push_back(row.string(0));
        return ok_status();
      }));
  Page<Model> page;
  page.more = names.size() > static_cast<std::size_t>(query.limit);
  if (page.more) names.pop_back();
  ASSIGN_OR_RETURN(page.items, load_models(connection, names));
  return page;
}

StatusOr<Page<Version>> search_versions(sql::Connection& connection, const Query& query) {
  ASSIGN_OR_RETURN(tracking::SqlText sql, where(query, connection.dialect(), kVersionFields,
                                                "t.model = v.model AND t.version = v.version", "v.model"));
  const std::vector<std::string> newest = {"last_updated_timestamp DESC"};
  ASSIGN_OR_RETURN(const std::string order, ordering(query.order_by.empty() ? newest : query.order_by, kVersionFields,
                                                     {{"v.model", " ASC"}, {"v.version", " DESC"}}));
  sql.values.emplace_back(query.limit + 1);
  sql.values.emplace_back(query.offset);
  Page<Version> page;
  ASSIGN_OR_RETURN(page.items, load_versions(connection, sql.text + order, sql.values));
  page.more = page.items.size() > static_cast<std::size_t>(query.limit);
  if (page.more) page.items.pop_back();
  return page;
}

}  // namespace treadle::registry::store
