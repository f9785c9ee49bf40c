#include "domains/traces/span_search.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/strings.h"

namespace treadle::traces::store {
namespace {

using tracking::Comparator;
using tracking::Condition;
using tracking::SqlText;

constexpr std::string_view kAttributes = "attributes.";
constexpr std::size_t kMostAttributes = 10;  // each takes every span's JSON apart
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kColumns = {
    {{"name", "s.name"}, {"type", "s.type"}, {"status", "s.status"}}};

// One row for each attribute of the span whose key is the parameter: `x`, its value as text. A list or an object is its
// JSON. PostgreSQL reads no JSON with the character NUL, which is looked at as another that nobody looks for.
constexpr std::string_view kSqliteValues =
    "SELECT COALESCE(json_extract(e.value, '$.value.string_value'), json_extract(e.value, '$.value.int_value'),"
    " CAST(json_extract(e.value, '$.value.double_value') AS TEXT), CASE json_extract(e.value, '$.value.bool_value')"
    " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END, json_extract(e.value, '$.value')) AS x"
    " FROM json_each(s.body, '$.attributes') e WHERE json_extract(e.value, '$.key') = ?";
constexpr std::string_view kPostgresValues =
    "SELECT COALESCE(e.a -> 'value' ->> 'string_value', e.a -> 'value' ->> 'int_value', e.a -> 'value' ->>"
    " 'double_value', e.a -> 'value' ->> 'bool_value', e.a ->> 'value') AS x"
    " FROM json_array_elements(CAST(replace(s.body, '\\u0000', '\\ufffd') AS json) -> 'attributes') AS e(a)"
    " WHERE e.a ->> 'key' = ?";
// One row for each text in the span: names, keys and values, but not the words of the form it is kept in.
constexpr std::string_view kSqliteTexts = "SELECT e.value AS x FROM json_tree(s.body) e WHERE e.type = 'text'";
constexpr std::string_view kPostgresTexts =
    "SELECT e.v #>> '{}' AS x FROM jsonb_path_query(CAST(replace(s.body, '\\u0000', '\\ufffd') AS jsonb),"
    " 'strict $.**') AS e(v) WHERE jsonb_typeof(e.v) = 'string'";

// Some clients write texts as JSON.
constexpr std::string_view kPlain =
    "CASE WHEN w.x LIKE '\"%\"' AND length(w.x) > 1 THEN substr(w.x, 2, length(w.x) - 2) ELSE w.x END";

Status append_attribute(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  const std::string key = condition.key.substr(kAttributes.size());
  if (key.empty()) return invalid_field("filter", "Span attribute name cannot be empty after 'attributes.'");
  const bool postgres = dialect == sql::Dialect::kPostgres;
  // A span whose text does not hold the key need not be taken apart.
  str_append(&sql.text, postgres ? "strpos" : "instr", "(s.body, ?) > 0 AND EXISTS (SELECT 1 FROM (",
             postgres ? kPostgresValues : kSqliteValues, ") w WHERE ");
  sql.values.emplace_back(str_cat("\"key\":", to_text(Json(key))));
  sql.values.emplace_back(key);
  RETURN_IF_ERROR(append_comparison(sql, dialect, kPlain, condition, false));
  sql.text += ")";
  return ok_status();
}

// Whether a text stands in JSON as it is.
bool is_unescaped(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
}

Status append_content(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  // What regular expressions look for may stretch over the form.
  if (condition.comparator == Comparator::kRlike) return append_comparison(sql, dialect, "s.body", condition, false);
  // A span without the text anywhere need not be taken apart.
  if (is_unescaped(condition.values.front().text)) {
    std::string anywhere = condition.values.front().text;
    if (!anywhere.starts_with('%')) anywhere.insert(0, "%");
    if (!anywhere.ends_with('%')) anywhere += '%';
    Condition wider = condition;
    wider.values.front().text = std::move(anywhere);
    RETURN_IF_ERROR(append_comparison(sql, dialect, "s.body", wider, false));
    sql.text += " AND ";
  }
  str_append(&sql.text, "EXISTS (SELECT 1 FROM (", dialect == sql::Dialect::kPostgres ? kPostgresTexts : kSqliteTexts,
             ") w WHERE ");
  RETURN_IF_ERROR(append_comparison(sql, dialect, "w.x", condition, false));
  sql.text += ")";
  return ok_status();
}

Status append_one(SqlText& sql, sql::Dialect dialect, const Condition& condition) {
  const Comparator op = condition.comparator;
  const bool like = op == Comparator::kLike || op == Comparator::kIlike || op == Comparator::kRlike;
  const bool content = condition.key == "content";
  const bool known = like || op == Comparator::kEqual || op == Comparator::kNotEqual || op == Comparator::kIn ||
                     op == Comparator::kNotIn;
  if (!known || (content && !like)) {
    return invalid_field("filter", "span.", condition.key, " comparator '", tracking::sql_operator(op), "' not one of ",
                         content ? "LIKE, ILIKE, RLIKE" : "=, !=, IN, NOT IN, LIKE, ILIKE, RLIKE");
  }
  if (condition.key.starts_with(kAttributes)) return append_attribute(sql, dialect, condition);
  if (content) return append_content(sql, dialect, condition);
  for (const auto& [key, column] : kColumns) {
    if (key == condition.key) return append_comparison(sql, dialect, column, condition, false);
  }
  return invalid_field("filter", "Invalid span attribute '", condition.key,
                       "'. Supported attributes: name, status, type, content, attributes.<attribute_name>.");
}

}  // namespace

Status append_spans(SqlText& sql, sql::Dialect dialect, const std::vector<Condition>& conditions) {
  const auto attributes = std::count_if(conditions.begin(), conditions.end(), [](const Condition& condition) {
    return condition.key.starts_with(kAttributes);
  });
  if (attributes > static_cast<std::ptrdiff_t>(kMostAttributes))
    return invalid_field("filter", "holds more than ", kMostAttributes, " conditions on span.attributes");
  sql.text += "EXISTS (SELECT 1 FROM trace_spans s WHERE s.trace_id = t.id";
  for (const Condition& condition : conditions) {
    sql.text += " AND ";
    RETURN_IF_ERROR(append_one(sql, dialect, condition));
  }
  sql.text += ")";
  return ok_status();
}

}  // namespace treadle::traces::store
