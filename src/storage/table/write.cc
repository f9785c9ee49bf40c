// From our columns to a file, by DuckDB: a temporary table, COPY to a file beside the target, then a rename.
#include <unistd.h>

#include <atomic>
#include <cmath>

#include "base/files.h"
#include "storage/table/duckdb_api.h"
#include "storage/table/table.h"

namespace treadle::table {
namespace {

using duckdb::Api;
using duckdb::Handle;

duckdb::Type stored_type(ColumnType type) {
  switch (type) {
    case ColumnType::kDouble:
      return duckdb::kDouble;
    case ColumnType::kInteger:
      return duckdb::kBigint;
    case ColumnType::kTime:
      return duckdb::kTimestamp;
    case ColumnType::kText:
      break;
  }
  return duckdb::kVarchar;
}

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::kDouble:
      return "DOUBLE";
    case ColumnType::kInteger:
      return "BIGINT";
    case ColumnType::kTime:
      return "TIMESTAMP";
    case ColumnType::kText:
      break;
  }
  return "VARCHAR";
}

// What DuckDB's appender and its chunk need, freed together.
struct Appender {
  const Api& api;
  std::vector<Handle> types;
  Handle chunk = nullptr;
  Handle handle = nullptr;
  ~Appender() {
    if (handle != nullptr) api.destroy_appender(&handle);
    if (chunk != nullptr) api.destroy_chunk(&chunk);
    for (Handle& type : types) api.destroy_logical_type(&type);
  }
};

void fill(const Api& api, const Column& column, std::size_t first, std::size_t count, Handle vector) {
  api.ensure_validity(vector);
  std::uint64_t* const validity = api.vector_validity(vector);
  void* const data = api.vector_data(vector);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = first + i;
    bool missing = false;
    if (column.type == ColumnType::kDouble) {
      missing = std::isnan(column.doubles[row]);
      static_cast<double*>(data)[i] = column.doubles[row];
    } else if (column.type == ColumnType::kText) {
      missing = column.texts[row].empty();
      api.assign_string(vector, i, column.texts[row].data(), column.texts[row].size());
    } else {
      missing = column.integers[row] == kMissing;
      const std::int64_t scale = column.type == ColumnType::kTime ? 1000 : 1;
      static_cast<std::int64_t*>(data)[i] = missing ? 0 : column.integers[row] * scale;
    }
    if (missing) validity[i / 64] &= ~(std::uint64_t{1} << (i % 64));
  }
}

Status check_value_ranges(const Table& table) {
  for (const Column& column : table.columns()) {
    if (column.size() != table.rows()) return invalid("column '", column.name, "' has another number of rows");
    if (column.type != ColumnType::kTime) continue;
    for (const std::int64_t value : column.integers) {
      if (value != kMissing && std::abs(value) > INT64_MAX / 1000) {
        return invalid("column '", column.name, "' holds the time ", value, " ms, which no file can store");
      }
    }
  }
  return {};
}

Status load_rows(const duckdb::Connection& connection, const Table& table, const std::string& name) {
  const Api& api = connection.api();
  Appender appender{api, {}};
  for (const Column& column : table.columns())
    appender.types.push_back(api.create_logical_type(stored_type(column.type)));
  appender.chunk = api.create_chunk(appender.types.data(), appender.types.size());
  if (api.create_appender(connection.handle(), nullptr, name.c_str(), &appender.handle) != duckdb::kSuccess) {
    return internal_error("DuckDB: cannot append");
  }
  const std::size_t step = api.vector_size();
  for (std::size_t first = 0; first < table.rows(); first += step) {
    const std::size_t count = std::min(step, table.rows() - first);
    api.reset_chunk(appender.chunk);
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
      fill(api, table.columns()[i], first, count, api.chunk_vector(appender.chunk, i));
    }
    api.set_chunk_size(appender.chunk, count);
    if (api.append_chunk(appender.handle, appender.chunk) != duckdb::kSuccess) {
      const char* const error = api.appender_error(appender.handle);
      return invalid("DuckDB: ", error == nullptr ? "a row was refused" : error);
    }
  }
  const duckdb::State state = api.destroy_appender(&appender.handle);
  appender.handle = nullptr;
  return state == duckdb::kSuccess ? ok_status() : internal_error("DuckDB: the last rows were refused");
}

}  // namespace

Status write_table(const Table& table, const std::filesystem::path& path) {
  const std::string ending = to_lower(path.extension().string());
  if (ending == ".csv") return write_table(table, path, Format::kCsv);
  if (ending == ".parquet") return write_table(table, path, Format::kParquet);
  return invalid(path.string(), ": must end in .parquet or .csv");
}

Status write_table(const Table& table, const std::filesystem::path& path, Format format) {
  if (table.columns().empty()) return invalid(path.string(), ": a table without columns cannot be written");
  RETURN_IF_ERROR(check_value_ranges(table));
  ASSIGN_OR_RETURN(const duckdb::Connection connection, duckdb::Connection::create());

  static std::atomic<int> counter{0};
  const std::string tag = str_cat(::getpid(), "_", counter.fetch_add(1));
  const std::string name = "rows_" + tag;
  std::vector<std::string> columns;
  for (const Column& column : table.columns()) {
    columns.push_back(str_cat("\"", replace_all(column.name, "\"", "\"\""), "\" ", sql_type(column.type)));
  }
  RETURN_IF_ERROR(connection.execute(str_cat("CREATE TEMP TABLE ", name, " (", join(columns, ", "), ")")));
  const std::filesystem::path part = path.parent_path() / str_cat(".", path.filename().string(), ".", tag);
  Status status = load_rows(connection, table, name);
  if (status.ok()) {
    const std::string_view options =
        format == Format::kCsv ? "(FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%g')" : "(FORMAT parquet)";
    status = connection.execute(str_cat("COPY ", name, " TO ", quote_sql(part.string()), " ", options));
  }
  const Status dropped = connection.execute(str_cat("DROP TABLE ", name));
  if (status.ok()) status = dropped;
  std::error_code error;
  if (status.ok()) {
    std::filesystem::rename(part, path, error);
    if (error) status = internal_error("cannot write ", path.string(), ": ", error.message());
  }
  if (!status.ok()) std::filesystem::remove(part, error);
  return status.ok() ? status : with_context(status, path.string());
}

}  // namespace treadle::table
