#include "storage/table/table.h"

#include <algorithm>
#include <limits>

namespace treadle::table {
namespace {

template <typename T>
std::vector<T> part(const std::vector<T>& values, std::size_t first, std::size_t count) {
  if (values.empty()) return {};
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

std::size_t Column::size() const {
  switch (type) {
    case ColumnType::kDouble:
      return doubles.size();
    case ColumnType::kText:
      return texts.size();
    case ColumnType::kInteger:
    case ColumnType::kTime:
      return integers.size();
  }
  return 0;
}

std::size_t Table::rows() const { return columns_.empty() ? 0 : columns_.front().size(); }

const Column* Table::find(std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

StatusOr<const Column*> Table::column(std::string_view name) const {
  if (const Column* const found = find(name)) return found;
  std::vector<std::string> names;
  names.reserve(columns_.size());
  for (const Column& column : columns_) names.push_back(column.name);
  return invalid("no column '", name, "'; there are: ", join(names, ", "));
}

Status Table::add(Column column) {
  const auto found =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name == column.name; });
  const bool alone = columns_.empty() || (columns_.size() == 1 && found != columns_.end());
  if (!alone && column.size() != rows()) {
    return invalid("column '", column.name, "' has ", column.size(), " rows, the table has ", rows());
  }
  if (found != columns_.end()) {
    *found = std::move(column);
  } else {
    columns_.push_back(std::move(column));
  }
  return {};
}

Status Table::add_doubles(std::string name, std::vector<double> values) {
  Column column;
  column.name = std::move(name);
  column.doubles = std::move(values);
  return add(std::move(column));
}

StatusOr<std::vector<double>> Table::as_doubles(std::string_view name) const {
  ASSIGN_OR_RETURN(const Column* const found, column(name));
  if (found->type == ColumnType::kDouble) return found->doubles;
  if (found->type == ColumnType::kText) return invalid("column '", name, "' is text, a number is needed");
  std::vector<double> values;
  values.reserve(found->integers.size());
  for (const std::int64_t value : found->integers) {
    values.push_back(value == kMissing ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(value));
  }
  return values;
}

Status Table::append(const Table& more) {
  if (more.columns_.size() != columns_.size()) {
    return invalid("the rows to append have ", more.columns_.size(), " columns, the table has ", columns_.size());
  }
  for (const Column& column : columns_) {
    ASSIGN_OR_RETURN(const Column* const other, more.column(column.name));
    if (other->type != column.type) return invalid("column '", column.name, "' of the rows to append has another type");
  }
  for (Column& column : columns_) {
    const Column& other = *more.find(column.name);
    column.doubles.insert(column.doubles.end(), other.doubles.begin(), other.doubles.end());
    column.integers.insert(column.integers.end(), other.integers.begin(), other.integers.end());
    column.texts.insert(column.texts.end(), other.texts.begin(), other.texts.end());
  }
  return {};
}

Table Table::slice(std::size_t first, std::size_t count) const {
  first = std::min(first, rows());
  count = std::min(count, rows() - first);
  Table out;
  for (const Column& column : columns_) {
    Column piece;
    piece.name = column.name;
    piece.type = column.type;
    piece.doubles = part(column.doubles, first, count);
    piece.integers = part(column.integers, first, count);
    piece.texts = part(column.texts, first, count);
    out.columns_.push_back(std::move(piece));
  }
  return out;
}

std::string quote_sql(std::string_view text) { return str_cat("'", replace_all(text, "'", "''"), "'"); }

}  // namespace treadle::table
