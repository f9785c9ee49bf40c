// The search grammar: conditions joined by AND.
//
//   metrics.rmse < 1 AND params.model = 'xgb' AND tags."mlflow.source.name" LIKE '%train%' AND attributes.status IN
//   ('FAILED')
//
// Keys may be bare, in backticks or in double quotes; strings are in single or double quotes, a quote inside is
// doubled; a name without a prefix is an attribute. Comparators: = != < <= > >= LIKE ILIKE IN NOT IN, IS NULL, IS NOT
// NULL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treadle::tracking {

enum class Comparator {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kLike,
  kIlike,
  kRlike,  // a regular expression is found in it; only of traces
  kIn,
  kNotIn,
  kIsNull,
  kIsNotNull
};

struct FilterValue {
  std::string text;
  bool quoted = false;  // a string literal, not a number
};

struct Condition {
  std::string entity;  // "metric", "param", "tag", "attribute", "dataset", "metadata"
  std::string key;
  Comparator comparator = Comparator::kEqual;
  std::vector<FilterValue> values;  // several only for IN
};

// At most 10,000 characters and 100 conditions. Errors say at which character.
// Traces are also searched by their metadata ("metadata.KEY"), and "trace.NAME" is an attribute of theirs.
enum class Grammar { kRuns, kTraces };
StatusOr<std::vector<Condition>> parse_filter(std::string_view text, Grammar grammar = Grammar::kRuns);

struct OrderBy {
  std::string entity, key;
  bool ascending = true;
};
StatusOr<OrderBy> parse_order_by(std::string_view text, Grammar grammar = Grammar::kRuns);

std::string_view sql_operator(Comparator comparator);

}  // namespace treadle::tracking
