#include "domains/components/profile.h"

#include <algorithm>
#include <cmath>

#include "base/time.h"

namespace treadle::components {
namespace {

std::string_view type_name(table::ColumnType type) {
  switch (type) {
    case table::ColumnType::kDouble:
      return "double";
    case table::ColumnType::kInteger:
      return "long";
    case table::ColumnType::kTime:
      return "datetime";
    case table::ColumnType::kText:
      break;
  }
  return "string";
}

Json describe_numbers(const std::vector<double>& values) {
  double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
  std::size_t count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    low = std::min(low, value);
    high = std::max(high, value);
    ++count;
  }
  Json out = {{"missing", values.size() - count}};
  if (count == 0) return out;
  const double mean = sum / static_cast<double>(count);
  for (const double value : values) squares += std::isfinite(value) ? (value - mean) * (value - mean) : 0;
  out["min"] = low;
  out["max"] = high;
  out["mean"] = mean;
  out["std"] = std::sqrt(squares / static_cast<double>(count));
  return out;
}

Json describe_times(const std::vector<std::int64_t>& values) {
  std::int64_t low = INT64_MAX, high = table::kMissing;
  std::size_t missing = 0;
  for (const std::int64_t value : values) {
    missing += value == table::kMissing ? 1 : 0;
    if (value != table::kMissing) low = std::min(low, value);
    high = std::max(high, value);
  }
  Json out = {{"missing", missing}};
  if (high == table::kMissing) return out;
  out["min"] = format_rfc3339(low);
  out["max"] = format_rfc3339(high);
  return out;
}

}  // namespace

Json profile(const table::Table& rows) {
  Json columns = Json::object();
  for (const table::Column& column : rows.columns()) {
    Json described;
    if (column.type == table::ColumnType::kText) {
      described = {{"missing", std::count(column.texts.begin(), column.texts.end(), "")}};
    } else if (column.type == table::ColumnType::kTime) {
      described = describe_times(column.integers);
    } else {
      described = describe_numbers(rows.as_doubles(column.name).value());
    }
    described["type"] = type_name(column.type);
    columns[column.name] = std::move(described);
  }
  return {{"rows", rows.rows()}, {"columns", columns}};
}

Json schema(const table::Table& rows) {
  Json columns = Json::array();
  for (const table::Column& column : rows.columns()) {
    columns.push_back({{"type", type_name(column.type)}, {"name", column.name}, {"required", true}});
  }
  return {{"mlflow_colspec", columns}};
}

}  // namespace treadle::components
