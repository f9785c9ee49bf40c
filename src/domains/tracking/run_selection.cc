#include "domains/tracking/run_selection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <unordered_set>

#include "base/strings.h"
#include "domains/tracking/run_ranking.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/text_match.h"

namespace treadle::tracking {
namespace {

using Rows = std::vector<RowNumber>;

// The value of a numeric condition that has only one.
double number_of(const FilterValue& value) { return parse_double(value.text).value_or(0); }

// One numeric condition on a value that is there.
class NumberTest {
 public:
  explicit NumberTest(const Condition& condition) : comparator_(condition.comparator) {
    for (const FilterValue& value : condition.values) values_.push_back(number_of(value));
  }
  bool wants_absent() const { return comparator_ == Comparator::kIsNull; }
  bool operator()(double value) const {
    switch (comparator_) {
      case Comparator::kEqual:
        return value == values_.front();
      case Comparator::kNotEqual:
        return value != values_.front();
      case Comparator::kLess:
        return value < values_.front();
      case Comparator::kLessEqual:
        return value <= values_.front();
      case Comparator::kGreater:
        return value > values_.front();
      case Comparator::kGreaterEqual:
        return value >= values_.front();
      case Comparator::kIn:
        return listed(value);
      case Comparator::kNotIn:
        return !listed(value);
      case Comparator::kIsNotNull:
        return true;
      default:
        return false;
    }
  }

 private:
  bool listed(double value) const { return std::find(values_.begin(), values_.end(), value) != values_.end(); }
  Comparator comparator_;
  std::vector<double> values_;
};

bool fits(const std::string& text, const Condition& condition) {
  const auto compared = [&] { return text.compare(condition.values.front().text); };
  const auto listed = [&] {
    return std::any_of(condition.values.begin(), condition.values.end(),
                       [&](const FilterValue& value) { return value.text == text; });
  };
  switch (condition.comparator) {
    case Comparator::kEqual:
      return compared() == 0;
    case Comparator::kNotEqual:
      return compared() != 0;
    case Comparator::kLess:
      return compared() < 0;
    case Comparator::kLessEqual:
      return compared() <= 0;
    case Comparator::kGreater:
      return compared() > 0;
    case Comparator::kGreaterEqual:
      return compared() >= 0;
    case Comparator::kLike:
      return matches_like(text, condition.values.front().text, false);
    case Comparator::kIlike:
      return matches_like(text, condition.values.front().text, true);
    case Comparator::kRlike:  // not in the grammar of runs
      return false;
    case Comparator::kIn:
      return listed();
    case Comparator::kNotIn:
      return !listed();
    case Comparator::kIsNotNull:
      return true;
    case Comparator::kIsNull:
      return false;
  }
  return false;
}

template <typename Keep>
void keep(Rows& rows, const Keep& wanted) {
  std::erase_if(rows, [&](RowNumber row) { return !wanted(row); });
}

void keep_by_metric(Rows& rows, const MetricColumn& column, const Condition& condition) {
  const NumberTest test(condition);
  keep(rows, [&](RowNumber row) {
    if (!column.has(row)) return test.wants_absent();
    const double value = column.value(row);
    return !test.wants_absent() && test(std::isnan(value) ? 0 : value);  // NaN is stored as a 0 with a mark
  });
}

void keep_by_time(Rows& rows, const Condition& condition, const std::function<std::int64_t(RowNumber)>& time) {
  const NumberTest test(condition);
  keep(rows, [&](RowNumber row) {
    const std::int64_t at = time(row);
    if (at == RunTable::kNoTime) return test.wants_absent();
    return !test.wants_absent() && test(static_cast<double>(at));
  });
}

// Each different value is looked at once, unless there are more of them than rows left.
void keep_by_text(Rows& rows, const TextColumn& column, const Condition& condition) {
  if (condition.comparator == Comparator::kEqual) {
    const std::uint32_t wanted = column.find(condition.values.front().text);
    keep(rows, [&](RowNumber row) { return wanted != TextColumn::kAbsent && column.code(row) == wanted; });
    return;
  }
  const bool absent_fits = condition.comparator == Comparator::kIsNull;
  if (column.codes() > rows.size()) {
    keep(rows, [&](RowNumber row) {
      const std::uint32_t code = column.code(row);
      return code == TextColumn::kAbsent ? absent_fits : fits(column.text(code), condition);
    });
    return;
  }
  std::vector<char> fitting(column.codes());
  for (std::uint32_t code = 1; code < fitting.size(); ++code)
    fitting[code] = static_cast<char>(fits(column.text(code), condition));
  fitting[TextColumn::kAbsent] = static_cast<char>(absent_fits);
  keep(rows, [&](RowNumber row) { return fitting[column.code(row)] != 0; });
}

void keep_by_status(Rows& rows, const RunTable& table, const Condition& condition) {
  std::array<bool, 64> fitting{};
  for (const RunStatus status :
       {RunStatus::kRunning, RunStatus::kScheduled, RunStatus::kFinished, RunStatus::kFailed, RunStatus::kKilled})
    fitting[static_cast<std::size_t>(status)] = fits(std::string(to_string(status)), condition);
  keep(rows, [&](RowNumber row) { return fitting[static_cast<std::size_t>(table.status(row))]; });
}

void keep_by_experiment(Rows& rows, const RunTable& table, const Condition& condition) {
  std::vector<char> fitting;
  fitting.reserve(table.experiment_ids().size());
  for (const std::string& id : table.experiment_ids()) fitting.push_back(static_cast<char>(fits(id, condition)));
  keep(rows, [&](RowNumber row) { return fitting[table.experiment(row)] != 0; });
}

void keep_by_attribute(Rows& rows, const RunTable& table, const Condition& condition, const std::string& column) {
  if (column == "status")
    keep_by_status(rows, table, condition);
  else if (column == "experiment_id")
    keep_by_experiment(rows, table, condition);
  else if (column == "start_ms")
    keep_by_time(rows, condition, [&](RowNumber row) { return table.start_ms(row); });
  else if (column == "end_ms")
    keep_by_time(rows, condition, [&](RowNumber row) { return table.end_ms(row); });
  else
    keep_by_text(rows, *table.find_text({"attribute", column}), condition);
}

Rows rows_in_view(const RunTable& table, const RunQuery& query) {
  const std::unordered_set<std::string_view> asked(query.experiment_ids.begin(), query.experiment_ids.end());
  std::vector<char> wanted;
  wanted.reserve(table.experiment_ids().size());
  for (const std::string& id : table.experiment_ids())
    wanted.push_back(static_cast<char>(asked.empty() || asked.contains(id)));
  Rows rows;
  rows.reserve(table.size());
  for (RowNumber row = 0; row < table.size(); ++row) {
    if (!table.known(row) || wanted[table.experiment(row)] == 0) continue;
    if (query.view != View::kAll && table.deleted(row) != (query.view == View::kDeleted)) continue;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

StatusOr<std::optional<Selection>> plan_selection(const RunQuery& query) {
  Selection selection;
  ASSIGN_OR_RETURN(selection.conditions, parse_filter(query.filter));
  for (const std::string& text : query.order_by) {
    ASSIGN_OR_RETURN(OrderBy order, parse_order_by(text));
    selection.order.push_back(std::move(order));
  }
  bool possible = true;
  const auto read = [&](const std::string& entity, const std::string& key) {
    if (entity == "dataset") possible = false;
    if (entity != "attribute") {
      selection.columns.push_back({entity, key});
      return;
    }
    const std::string_view column = run_attribute_column(key);
    if (column == "name" || column == "user_id") selection.columns.push_back({entity, std::string(column)});
    if (column == "id" || column.empty()) possible = false;
  };
  for (const Condition& condition : selection.conditions) read(condition.entity, condition.key);
  for (const OrderBy& order : selection.order) read(order.entity, order.key);
  if (!possible) return std::optional<Selection>();
  return std::optional(std::move(selection));
}

std::vector<RowNumber> matching_rows(const RunTable& table, const Selection& selection, const RunQuery& query) {
  Rows rows = rows_in_view(table, query);
  for (const Condition& condition : selection.conditions) {
    if (condition.entity == "metric")
      keep_by_metric(rows, *table.find_metric(condition.key), condition);
    else if (condition.entity == "attribute")
      keep_by_attribute(rows, table, condition, std::string(run_attribute_column(condition.key)));
    else
      keep_by_text(rows, *table.find_text({condition.entity, condition.key}), condition);
  }
  return rows;
}

std::vector<RowNumber> select_runs(const RunTable& table, const Selection& selection, const RunQuery& query) {
  Rows rows = matching_rows(table, selection, query);
  const auto offset = static_cast<std::size_t>(std::max<std::int64_t>(query.offset, 0));
  const std::size_t count = offset + static_cast<std::size_t>(std::max<std::int64_t>(query.limit, 0)) + 1;
  rows = first_in_order(rows, count, table, selection.order);
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(offset, rows.size())));
  return rows;
}

}  // namespace treadle::tracking
