// A small columnar table in memory, and its files. DuckDB reads and writes them (Parquet, CSV); it is opened with
// dlopen when first needed, so that a process that needs none stays small.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace treadle::table {

// Missing values: NaN for doubles, kMissing for integers and times, "" for text.
inline constexpr std::int64_t kMissing = INT64_MIN;

enum class ColumnType { kDouble, kInteger, kTime, kText };

struct Column {
  std::string name;
  ColumnType type = ColumnType::kDouble;
  std::vector<double> doubles;         // kDouble
  std::vector<std::int64_t> integers;  // kInteger; kTime as milliseconds since the epoch (UTC or zone-less)
  std::vector<std::string> texts;      // kText ("" when missing)
  std::size_t size() const;
};

class Table {
 public:
  std::size_t rows() const;
  const std::vector<Column>& columns() const { return columns_; }
  std::vector<Column>& columns() { return columns_; }
  // Null when there is none of that name.
  const Column* find(std::string_view name) const;
  // Errors name the columns there are.
  StatusOr<const Column*> column(std::string_view name) const;
  // Replaces a column of the same name. All columns must have equal length.
  Status add(Column column);
  Status add_doubles(std::string name, std::vector<double> values);
  // Numeric columns as doubles (integers converted, missing as NaN).
  StatusOr<std::vector<double>> as_doubles(std::string_view name) const;
  // The rows of `more` after these; its columns must be the same, in any order.
  Status append(const Table& more);
  // Rows [first, first+count).
  Table slice(std::size_t first, std::size_t count) const;

 private:
  std::vector<Column> columns_;
};

// By ending: .parquet, .csv. Integers, floats, booleans (0/1), timestamps/dates and text are understood; another type
// is an error that names the column. `threads` bounds DuckDB.
StatusOr<Table> read_table(const std::filesystem::path& path);
// Atomic: a reader sees the old file or the new one.
Status write_table(const Table& table, const std::filesystem::path& path);
// The same for files whose names have no ending (step outputs).
enum class Format { kParquet, kCsv };
StatusOr<Table> read_table(const std::filesystem::path& path, Format format);
Status write_table(const Table& table, const std::filesystem::path& path, Format format);
// Any SELECT over files (read_parquet('…'), read_json('…')); for reports and prediction logs. `?` parameters not
// needed: Quote literals with `quote_sql`.
StatusOr<Table> query_table(std::string_view sql);
std::string quote_sql(std::string_view text);
// Where libduckdb.so is looked for: $TREADLE_DUCKDB, beside the binary, the checkout's .deps/duckdb.
Status check_engine();

}  // namespace treadle::table
