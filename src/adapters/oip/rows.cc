#include "adapters/oip/rows.h"

namespace treadle::oip {
namespace {

Status not_a_number(std::string_view field, std::size_t row, std::string_view feature, const JsonElement& value) {
  return {StatusCode::kInvalidArgument,
          str_cat(field, ": row ", row, ": feature '", feature, "' must be a number or null, got ", type_name(value)),
          std::string(feature)};
}

Status in_row(const Status& status, std::string_view field, std::size_t row) {
  return with_context(status, str_cat(field, ": row ", row));
}

}  // namespace

Status read_records(const JsonArray& rows, std::string_view field, serving::Call& call) {
  const serving::Signature& signature = call.signature();
  if (!signature.named()) {
    return invalid_field(field, "must hold arrays of ", signature.size(),
                         " numbers: the model was trained without feature names");
  }
  RETURN_IF_ERROR(call.reset(rows.size()));
  std::vector<char> seen(signature.size());
  std::size_t row = 0;
  for (const JsonElement element : rows) {
    JsonObject record;
    if (element.get(record) != simdjson::SUCCESS) {
      return invalid_field(field, "row ", row, " must be an object, got ", type_name(element));
    }
    std::fill(seen.begin(), seen.end(), 0);
    float* out = call.features().row(row);
    std::size_t hint = 0;
    for (const auto [name, value] : record) {
      const auto column = signature.find(name, hint++);
      if (!column) return in_row(signature.unknown(name), field, row);
      if (seen[*column]) return invalid_field(field, "row ", row, " gives feature '", name, "' twice");
      if (!as_float(value, out + *column)) return not_a_number(field, row, name, value);
      seen[*column] = 1;
    }
    const Status complete = signature.check_complete(seen);
    if (!complete.ok()) return in_row(complete, field, row);
    ++row;
  }
  return ok_status();
}

Status read_lists(const JsonArray& rows, std::string_view field, const std::vector<std::size_t>& columns,
                  serving::Call& call) {
  const serving::Signature& signature = call.signature();
  const std::size_t width = columns.empty() ? signature.size() : columns.size();
  RETURN_IF_ERROR(call.reset(rows.size()));
  std::size_t row = 0;
  for (const JsonElement element : rows) {
    JsonArray list;
    if (element.get(list) != simdjson::SUCCESS) {
      return invalid_field(field, "row ", row, " must be an array of ", width, " numbers, got ", type_name(element));
    }
    if (list.size() != width) return invalid_field(field, "row ", row, " has ", list.size(), " values, not ", width);
    float* out = call.features().row(row);
    std::size_t i = 0;
    for (const JsonElement value : list) {
      const std::size_t column = columns.empty() ? i : columns[i];
      if (!as_float(value, out + column)) return not_a_number(field, row, signature.features()[column].name, value);
      ++i;
    }
    ++row;
  }
  return ok_status();
}

Status read_instances(const JsonArray& rows, std::string_view field, serving::Call& call) {
  JsonElement first;
  if (rows.at(0).get(first) != simdjson::SUCCESS) return call.reset(0);
  if (first.is_object()) return read_records(rows, field, call);
  if (first.is_array() || call.signature().size() != 1) return read_lists(rows, field, {}, call);
  RETURN_IF_ERROR(call.reset(rows.size()));
  std::size_t row = 0;
  for (const JsonElement value : rows) {
    if (!as_float(value, call.features().row(row))) {
      return not_a_number(field, row, call.signature().features()[0].name, value);
    }
    ++row;
  }
  return ok_status();
}

Status read_columns(const JsonObject& columns, std::string_view field, serving::Call& call) {
  std::vector<std::string_view> names;
  for (const auto [name, values] : columns) names.push_back(name);
  ASSIGN_OR_RETURN(const std::vector<std::size_t> places, map_columns(names, call.signature()));
  std::size_t index = 0;
  for (const auto [name, values] : columns) {
    JsonArray array;
    if (values.get(array) != simdjson::SUCCESS) {
      return invalid_field(field, "'", name, "' must be an array of numbers, got ", type_name(values));
    }
    if (index == 0) RETURN_IF_ERROR(call.reset(array.size()));
    if (array.size() != call.features().rows()) {
      return invalid_field(field, "'", name, "' has ", array.size(), " values but '", names[0], "' has ",
                           call.features().rows());
    }
    std::size_t row = 0;
    for (const JsonElement value : array) {
      JsonArray inner;  // [[1],[2]] is a column, too
      const bool nested = value.get(inner) == simdjson::SUCCESS && inner.size() == 1;
      const JsonElement scalar = nested ? inner.at(0).value_unsafe() : value;
      if (!as_float(scalar, call.features().row(row) + places[index])) return not_a_number(field, row, name, value);
      ++row;
    }
    ++index;
  }
  return ok_status();
}

Status read_split(const JsonObject& split, serving::Call& call) {
  constexpr std::string_view kField = "dataframe_split";
  JsonArray columns, data;
  for (const auto [name, value] : split) {
    if (name != "columns" && name != "index" && name != "data") {
      return invalid_field(kField, "has an unknown field '", name, "'; it takes columns, index and data");
    }
  }
  if (split.at_key("data").get(data) != simdjson::SUCCESS) return invalid_field(kField, "needs data, an array of rows");
  if (split.at_key("columns").get(columns) != simdjson::SUCCESS) {
    if (!call.signature().named()) return read_lists(data, "dataframe_split.data", {}, call);
    return invalid_field(kField, "needs columns, an array of feature names");
  }
  std::vector<std::string_view> names;
  for (const JsonElement column : columns) {
    std::string_view name;
    if (column.get(name) == simdjson::SUCCESS) {
      names.push_back(name);
    } else if (call.signature().named()) {
      return invalid_field(kField, "columns must hold strings, got ", type_name(column));
    }
  }
  if (!call.signature().named()) return read_lists(data, "dataframe_split.data", {}, call);
  ASSIGN_OR_RETURN(const std::vector<std::size_t> places, map_columns(names, call.signature()));
  return read_lists(data, "dataframe_split.data", places, call);
}

StatusOr<std::vector<std::size_t>> map_columns(const std::vector<std::string_view>& names,
                                               const serving::Signature& signature) {
  if (!signature.named()) return invalid("the model was trained without feature names: send rows as arrays of numbers");
  std::vector<std::size_t> places;
  std::vector<char> seen(signature.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto column = signature.find(names[i], i);
    if (!column) return signature.unknown(names[i]);
    if (seen[*column]) return invalid_field(names[i], "is given twice");
    seen[*column] = 1;
    places.push_back(*column);
  }
  RETURN_IF_ERROR(signature.check_complete(seen));
  return places;
}

}  // namespace treadle::oip
