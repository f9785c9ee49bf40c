#include "domains/monitoring/segment_archive.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <map>

#include "domains/monitoring/batch_line.h"
#include "storage/table/table.h"

namespace treadle::monitoring {
namespace {

constexpr std::string_view kFeature = "feature.";

StatusOr<std::vector<LoggedPrediction>> read_lines(const std::filesystem::path& path) {
  std::vector<LoggedPrediction> all;
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found("cannot open ", path.string());
  std::string line;
  while (std::getline(file, line)) {
    ASSIGN_OR_RETURN(std::vector<LoggedPrediction> rows, decode_line(line));
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  return all;
}

template <typename Get>
table::Column texts(std::string name, const std::vector<LoggedPrediction>& rows, Get get) {
  table::Column column{std::move(name), table::ColumnType::kText, {}, {}, {}};
  for (const LoggedPrediction& row : rows) column.texts.push_back(get(row));
  return column;
}

template <typename Get>
table::Column integers(std::string name, const std::vector<LoggedPrediction>& rows, Get get) {
  table::Column column{std::move(name), table::ColumnType::kInteger, {}, {}, {}};
  for (const LoggedPrediction& row : rows) column.integers.push_back(get(row));
  return column;
}

// Batches of another model version may have other features; those a row lacks are missing.
Status add_features(table::Table& table, const std::vector<LoggedPrediction>& rows) {
  std::map<std::string, std::vector<double>> features;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const auto& [name, value] : rows[i].features) {
      auto& column = features[name];
      column.resize(rows.size(), std::numeric_limits<double>::quiet_NaN());
      column[i] = value;
    }
  }
  for (auto& [name, values] : features) RETURN_IF_ERROR(table.add_doubles(str_cat(kFeature, name), std::move(values)));
  return ok_status();
}

StatusOr<table::Table> as_table(const std::vector<LoggedPrediction>& rows) {
  using Prediction = LoggedPrediction;
  table::Table table;
  RETURN_IF_ERROR(table.add(texts("id", rows, [](const Prediction& row) { return row.id; })));
  RETURN_IF_ERROR(table.add(texts("deployment", rows, [](const Prediction& row) { return row.deployment; })));
  RETURN_IF_ERROR(table.add(texts("key", rows, [](const Prediction& row) { return row.key; })));
  RETURN_IF_ERROR(table.add(
      integers("event_ms", rows, [](const Prediction& row) { return row.event_ms.value_or(table::kMissing); })));
  std::vector<double> values;
  values.reserve(rows.size());
  for (const Prediction& row : rows) values.push_back(row.value);
  RETURN_IF_ERROR(table.add_doubles("value", std::move(values)));
  RETURN_IF_ERROR(table.add(texts("model", rows, [](const Prediction& row) { return row.model; })));
  RETURN_IF_ERROR(table.add(integers("model_version", rows, [](const Prediction& row) { return row.model_version; })));
  RETURN_IF_ERROR(table.add(integers("time_ms", rows, [](const Prediction& row) { return row.time_ms; })));
  RETURN_IF_ERROR(table.add(
      integers("origin_ms", rows, [](const Prediction& row) { return row.origin_ms.value_or(table::kMissing); })));
  RETURN_IF_ERROR(table.add(texts("run_id", rows, [](const Prediction& row) { return row.run_id; })));
  RETURN_IF_ERROR(add_features(table, rows));
  return table;
}

StatusOr<std::string> text_at(const table::Table& table, std::string_view name) {
  ASSIGN_OR_RETURN(const table::Column* column, table.column(name));
  return column->texts.empty() ? std::string() : column->texts.front();
}

StatusOr<std::optional<std::int64_t>> integer_at(const table::Table& table, std::string_view name) {
  ASSIGN_OR_RETURN(const table::Column* column, table.column(name));
  if (column->integers.empty() || column->integers.front() == table::kMissing) return std::optional<std::int64_t>();
  return std::optional(column->integers.front());
}

}  // namespace

Status archive_segment(const std::filesystem::path& lines, const std::filesystem::path& parquet) {
  ASSIGN_OR_RETURN(const std::vector<LoggedPrediction> rows, read_lines(lines));
  if (!rows.empty()) {
    ASSIGN_OR_RETURN(const table::Table table, as_table(rows));
    RETURN_IF_ERROR(table::write_table(table, parquet));
  }
  std::error_code error;
  std::filesystem::remove(lines, error);
  if (error) return internal_error("cannot remove ", lines.string(), ": ", error.message());
  return ok_status();
}

StatusOr<std::optional<LoggedPrediction>> find_in_archive(const std::filesystem::path& parquet, std::string_view id) {
  ASSIGN_OR_RETURN(const table::Table table,
                   table::query_table(str_cat("SELECT * FROM read_parquet(", table::quote_sql(parquet.string()),
                                              ") WHERE id = ", table::quote_sql(id))));
  if (table.rows() == 0) return std::optional<LoggedPrediction>();
  LoggedPrediction found;
  ASSIGN_OR_RETURN(found.id, text_at(table, "id"));
  ASSIGN_OR_RETURN(found.deployment, text_at(table, "deployment"));
  ASSIGN_OR_RETURN(found.key, text_at(table, "key"));
  ASSIGN_OR_RETURN(found.event_ms, integer_at(table, "event_ms"));
  ASSIGN_OR_RETURN(const std::vector<double> values, table.as_doubles("value"));
  found.value = values.front();
  ASSIGN_OR_RETURN(found.model, text_at(table, "model"));
  ASSIGN_OR_RETURN(const auto version, integer_at(table, "model_version"));
  found.model_version = version.value_or(0);
  ASSIGN_OR_RETURN(const auto time_ms, integer_at(table, "time_ms"));
  found.time_ms = time_ms.value_or(0);
  ASSIGN_OR_RETURN(found.origin_ms, integer_at(table, "origin_ms"));
  ASSIGN_OR_RETURN(found.run_id, text_at(table, "run_id"));
  for (const table::Column& column : table.columns()) {
    if (!column.name.starts_with(kFeature)) continue;
    ASSIGN_OR_RETURN(const std::vector<double> feature, table.as_doubles(column.name));
    found.features.emplace_back(column.name.substr(kFeature.size()), feature.front());
  }
  return std::optional(std::move(found));
}

}  // namespace treadle::monitoring
