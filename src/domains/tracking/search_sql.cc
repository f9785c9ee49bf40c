#include "domains/tracking/search_sql.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "base/strings.h"
#include "storage/sql/in_list.h"
#include "storage/sql/regexp.h"

namespace treadle::tracking {
namespace {

// SQLite joins at most 64 tables.
constexpr std::size_t kMostOrderTerms = 40;

struct Attribute {
  std::string_view name, column;
  bool numeric;
};

// What Service::artifact_uri makes of a run.
constexpr std::string_view kArtifactUri =
    "(COALESCE((SELECT p.location FROM experiment_places p WHERE p.experiment_id = r.experiment_id),"
    " 'mlflow-artifacts:/' || r.experiment_id) || '/' || r.id || '/artifacts')";

constexpr std::array<Attribute, 16> kRunAttributes = {{{"run_id", "r.id", false},
                                                       {"run_name", "r.name", false},
                                                       {"Run name", "r.name", false},
                                                       {"name", "r.name", false},
                                                       {"run name", "r.name", false},
                                                       {"Run Name", "r.name", false},
                                                       {"status", "r.status", false},
                                                       {"user_id", "r.user_id", false},
                                                       {"User", "r.user_id", false},
                                                       {"experiment_id", "r.experiment_id", false},
                                                       {"start_time", "r.start_ms", true},
                                                       {"Start Time", "r.start_ms", true},
                                                       {"created", "r.start_ms", true},
                                                       {"Created", "r.start_ms", true},
                                                       {"end_time", "r.end_ms", true},
                                                       {"artifact_uri", kArtifactUri, false}}};

constexpr std::array<Attribute, 4> kExperimentAttributes = {{{"name", "e.name", false},
                                                             {"experiment_id", "e.id", true},
                                                             {"creation_time", "e.created_ms", true},
                                                             {"last_update_time", "e.updated_ms", true}}};

template <std::size_t N>
StatusOr<Attribute> find_attribute(const std::array<Attribute, N>& known, const std::string& key,
                                   std::string_view field = "filter") {
  std::vector<std::string> names;
  for (const Attribute& attribute : known) {
    if (attribute.name == key) return attribute;
    names.emplace_back(attribute.name);
  }
  const std::string guess = nearest_word(key, names);
  return invalid_field(field, "\"", key, "\" is not an attribute to search by",
                       guess.empty() ? "" : str_cat("; did you mean \"", guess, "\"?"));
}

Status wrong_value(const Condition& condition, std::string_view wanted) {
  return invalid_field("filter", condition.entity, " \"", condition.key, "\" must be compared with ", wanted);
}

// A table of key and value that belongs to a run: WHERE EXISTS (…).
Status append_child(SqlText& sql, sql::Dialect dialect, std::string_view table, std::string_view owner,
                    const Condition& condition, bool numeric) {
  const bool absent = condition.comparator == Comparator::kIsNull;
  const bool present = condition.comparator == Comparator::kIsNotNull;
  str_append(&sql.text, absent ? "NOT EXISTS" : "EXISTS", " (SELECT 1 FROM ", table, " c WHERE c.", owner,
             " AND c.key = ?");
  sql.values.emplace_back(condition.key);
  if (!absent && !present) {
    sql.text += " AND ";
    RETURN_IF_ERROR(append_comparison(sql, dialect, "c.value", condition, numeric));
  }
  sql.text += ")";
  return ok_status();
}

Status append_dataset(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  if (condition.key != "name" && condition.key != "digest" && condition.key != "context") {
    return invalid_field("filter", "datasets have name, digest and context, not \"", condition.key, "\"");
  }
  sql.text += "EXISTS (SELECT 1 FROM run_inputs c WHERE c.run_id = r.id AND ";
  RETURN_IF_ERROR(append_comparison(sql, dialect, str_cat("c.", condition.key), condition, false));
  sql.text += ")";
  return ok_status();
}

// The table of what belongs to a run, by the word of the grammar.
std::string_view child_table(std::string_view entity) {
  return entity == "metric" ? "latest_metrics" : entity == "param" ? "params" : "run_tags";
}

Status append_run_condition(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  if (condition.entity == "metric" || condition.entity == "param" || condition.entity == "tag") {
    return append_child(sql, dialect, child_table(condition.entity), "run_id = r.id", condition,
                        condition.entity == "metric");
  }
  if (condition.entity == "dataset") return append_dataset(sql, dialect, condition);
  ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(kRunAttributes, condition.key));
  return append_comparison(sql, dialect, attribute.column, condition, attribute.numeric);
}

// The ORDER BY of a search of runs, and the joins it needs: one look at a child table per run and term.
struct RunOrder {
  SqlText joins;
  std::string terms;  // ends with ", " unless empty
};

Status append_run_order(RunOrder& all, const OrderBy& order, std::size_t number) {
  const std::string_view direction = order.ascending ? " ASC, " : " DESC, ";
  if (order.entity == "dataset") return invalid_field("order_by", "runs cannot be ordered by their datasets");
  if (order.entity == "attribute") {
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(kRunAttributes, order.key, "order_by"));
    // Missing values come last whatever the direction, on both engines.
    str_append(&all.terms, "CASE WHEN ", attribute.column, " IS NULL THEN 1 ELSE 0 END, ", attribute.column, direction);
    return ok_status();
  }
  const std::string joined = str_cat("o", number);
  str_append(&all.joins.text, " LEFT JOIN ", child_table(order.entity), " ", joined, " ON ", joined,
             ".run_id = r.id AND ", joined, ".key = ?");
  all.joins.values.emplace_back(order.key);
  // Numbers come before NaN, and what is missing comes last.
  if (order.entity == "metric")
    str_append(&all.terms, "CASE WHEN ", joined, ".is_nan = 1 THEN 1 WHEN ", joined,
               ".value IS NULL THEN 2 ELSE 0 END, ");
  else
    str_append(&all.terms, "CASE WHEN ", joined, ".value IS NULL THEN 1 ELSE 0 END, ");
  str_append(&all.terms, joined, ".value", direction);
  return ok_status();
}

StatusOr<RunOrder> run_order(const std::vector<std::string>& order_by) {
  if (order_by.size() > kMostOrderTerms) return invalid_field("order_by", "at most ", kMostOrderTerms, " terms");
  RunOrder order;
  for (std::size_t i = 0; i < order_by.size(); ++i) {
    ASSIGN_OR_RETURN(const OrderBy term, parse_order_by(order_by[i]));
    RETURN_IF_ERROR(append_run_order(order, term, i));
  }
  return order;
}

// A param or tag with exactly this value is found by its index, and the runs by it: better than looking at all runs.
bool finds_runs(const Condition& condition) {
  return (condition.entity == "param" || condition.entity == "tag") && condition.comparator == Comparator::kEqual;
}

// Things that are ordered by their attributes only. The clause goes on after it.
template <std::size_t N>
Status append_attribute_order(SqlText& sql, const std::array<Attribute, N>& known,
                              const std::vector<std::string>& order_by) {
  for (const std::string& text : order_by) {
    ASSIGN_OR_RETURN(const OrderBy order, parse_order_by(text));
    if (order.entity != "attribute")
      return invalid_field("order_by", "only attributes can be ordered by here, not \"", text, "\"");
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(known, order.key, "order_by"));
    str_append(&sql.text, attribute.column, order.ascending ? " ASC, " : " DESC, ");
  }
  return ok_status();
}

std::string_view view_condition(View view) {
  switch (view) {
    case View::kActive:
      return "deleted = 0";
    case View::kDeleted:
      return "deleted = 1";
    case View::kAll:
      return "1 = 1";
  }
  return "1 = 1";
}

}  // namespace

void append_in(SqlText& sql, std::string_view column, const std::vector<std::string>& values) {
  if (values.empty()) return;
  sql::InList list = sql::in_list(values);
  str_append(&sql.text, " AND ", column, " IN (", list.marks, ")");
  std::move(list.values.begin(), list.values.end(), std::back_inserter(sql.values));
}

void append_page(SqlText& sql, std::int64_t limit, std::int64_t offset) {
  sql.text += " LIMIT ? OFFSET ?";
  sql.values.emplace_back(limit);
  sql.values.emplace_back(offset);
}

StatusOr<std::vector<std::string>> select_ids(sql::Connection& connection, const SqlText& sql) {
  std::vector<std::string> ids;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    ids.push_back(row.string(0));
    return ok_status();
  }));
  return ids;
}

Status append_comparison(SqlText& sql, sql::Dialect dialect, std::string_view column, const Condition& condition,
                         bool numeric) {
  const Comparator op = condition.comparator;
  if (op == Comparator::kIsNull || op == Comparator::kIsNotNull) {
    str_append(&sql.text, column, " ", sql_operator(op));
    return ok_status();
  }
  for (const FilterValue& value : condition.values) {
    if (numeric && value.quoted && !parse_double(value.text)) return wrong_value(condition, "a number");
    if (!numeric && !value.quoted) return wrong_value(condition, "text in single quotes");
  }
  if (op == Comparator::kLike || op == Comparator::kIlike) {
    if (numeric) return wrong_value(condition, "= != < <= > or >=");
    const std::string& pattern = condition.values.front().text;
    // A backslash is a character like any other in MLflow's grammar, as in SQLite.
    const std::string_view unescaped = dialect == sql::Dialect::kPostgres ? " ESCAPE ''" : "";
    if (op == Comparator::kIlike) {
      str_append(&sql.text, "LOWER(", column, ") LIKE LOWER(?)", unescaped);
      sql.values.emplace_back(pattern);
    } else if (dialect == sql::Dialect::kPostgres) {
      str_append(&sql.text, column, " LIKE ?", unescaped);
      sql.values.emplace_back(pattern);
    } else {
      // SQLite's LIKE ignores case; GLOB does not, with * and ? for % and _.
      std::string glob;
      for (const char c : pattern) {
        if (c == '%')
          glob += '*';
        else if (c == '_')
          glob += '?';
        else if (c == '*' || c == '?' || c == '[')
          str_append(&glob, "[", c, "]");
        else
          glob += c;
      }
      str_append(&sql.text, column, " GLOB ?");
      sql.values.emplace_back(std::move(glob));
    }
    return ok_status();
  }
  if (op == Comparator::kRlike) {
    if (numeric) return wrong_value(condition, "= != < <= > or >=");
    const std::string& pattern = condition.values.front().text;
    if (const Status valid = sql::check_regexp(pattern); !valid.ok()) return invalid_field("filter", valid.message());
    str_append(&sql.text, column, sql::regexp_operator(dialect), "?");
    sql.values.emplace_back(pattern);
    return ok_status();
  }
  str_append(&sql.text, column, " ", sql_operator(op), " ");
  const bool list = op == Comparator::kIn || op == Comparator::kNotIn;
  if (list) sql.text += "(";
  for (std::size_t i = 0; i < condition.values.size(); ++i) {
    sql.text += i == 0 ? "?" : ", ?";
    const std::string& text = condition.values[i].text;
    if (numeric)
      sql.values.emplace_back(parse_double(text).value_or(0));
    else
      sql.values.emplace_back(text);
  }
  if (list) sql.text += ")";
  return ok_status();
}

std::string_view run_attribute_column(std::string_view attribute) {
  const auto found = std::find_if(kRunAttributes.begin(), kRunAttributes.end(),
                                  [&](const Attribute& known) { return known.name == attribute; });
  if (found == kRunAttributes.end() || !found->column.starts_with("r.")) return "";
  return found->column.substr(2);
}

namespace {

// Without order and limit.
StatusOr<SqlText> matching_runs(const RunQuery& query, sql::Dialect dialect, const SqlText& joins) {
  ASSIGN_OR_RETURN(const std::vector<Condition> conditions, parse_filter(query.filter));
  const auto first = std::find_if(conditions.begin(), conditions.end(), finds_runs);
  // SQLite reads the tables of a CROSS JOIN in this order.
  SqlText sql{first == conditions.end()
                  ? "SELECT r.id FROM runs r"
                  : str_cat("SELECT r.id FROM ", child_table(first->entity), " d CROSS JOIN runs r"),
              {}};
  sql.text += joins.text;
  sql.values = joins.values;
  str_append(&sql.text, " WHERE r.",
             view_condition(query.view) == "1 = 1" ? "deleted >= 0" : view_condition(query.view));
  append_in(sql, "r.experiment_id", query.experiment_ids);
  for (auto condition = conditions.begin(); condition != conditions.end(); ++condition) {
    sql.text += " AND ";
    if (condition != first) {
      RETURN_IF_ERROR(append_run_condition(sql, dialect, *condition));
      continue;
    }
    sql.text += "r.id = d.run_id AND d.key = ? AND ";
    sql.values.emplace_back(condition->key);
    RETURN_IF_ERROR(append_comparison(sql, dialect, "d.value", *condition, false));
  }
  return sql;
}

}  // namespace

StatusOr<SqlText> run_match_sql(const RunQuery& query, sql::Dialect dialect) {
  return matching_runs(query, dialect, {});
}

StatusOr<SqlText> run_search_sql(const RunQuery& query, sql::Dialect dialect) {
  ASSIGN_OR_RETURN(const RunOrder order, run_order(query.order_by));
  ASSIGN_OR_RETURN(SqlText sql, matching_runs(query, dialect, order.joins));
  str_append(&sql.text, " ORDER BY ", order.terms);
  sql.text += "r.start_ms DESC, r.id";
  append_page(sql, query.limit + 1, query.offset);
  return sql;
}

StatusOr<SqlText> experiment_search_sql(const ExperimentQuery& query, sql::Dialect dialect) {
  ASSIGN_OR_RETURN(const std::vector<Condition> conditions, parse_filter(query.filter));
  SqlText sql{str_cat("SELECT e.id FROM experiments e WHERE ", view_condition(query.view)), {}};
  for (const Condition& condition : conditions) {
    sql.text += " AND ";
    if (condition.entity == "tag") {
      RETURN_IF_ERROR(append_child(sql, dialect, "experiment_tags", "experiment_id = e.id", condition, false));
      continue;
    }
    if (condition.entity != "attribute")
      return invalid_field("filter", "experiments are searched by attributes and tags, not by ", condition.entity, "s");
    ASSIGN_OR_RETURN(const Attribute attribute, find_attribute(kExperimentAttributes, condition.key));
    RETURN_IF_ERROR(append_comparison(sql, dialect, attribute.column, condition, attribute.numeric));
  }
  sql.text += " ORDER BY ";
  RETURN_IF_ERROR(append_attribute_order(sql, kExperimentAttributes, query.order_by));
  sql.text += query.order_by.empty() ? "e.created_ms DESC, e.id" : "e.id";
  append_page(sql, query.limit, query.offset);
  return sql;
}

}  // namespace treadle::tracking
