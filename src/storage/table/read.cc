// From DuckDB's vectors to ours.
#include <limits>

#include "storage/table/duckdb_api.h"
#include "storage/table/table.h"

namespace treadle::table {
namespace {

using duckdb::Api;
using duckdb::Type;

constexpr std::int64_t kDay = 86'400'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

struct Chunk {
  const Api& api;
  duckdb::Handle handle;
  ~Chunk() {
    if (handle != nullptr) api.destroy_chunk(&handle);
  }
};

struct Vector {
  const void* data;
  const std::uint64_t* validity;
  std::size_t rows;
  bool valid(std::size_t row) const { return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0; }
};

template <typename Stored, typename Out, typename Convert>
void append(const Vector& vector, std::vector<Out>* out, Out missing, Convert convert) {
  const auto* const values = static_cast<const Stored*>(vector.data);
  for (std::size_t row = 0; row < vector.rows; ++row) {
    out->push_back(vector.valid(row) ? convert(values[row]) : missing);
  }
}

template <typename Stored>
void append_integers(const Vector& vector, Column* column) {
  append<Stored>(vector, &column->integers, kMissing, [](Stored value) { return static_cast<std::int64_t>(value); });
}

// `per_ms` parts make a millisecond. DuckDB's infinite times become missing.
void append_times(const Vector& vector, Column* column, std::int64_t per_ms) {
  append<std::int64_t>(vector, &column->integers, kMissing, [per_ms](std::int64_t value) {
    if (value == INT64_MAX || value == -INT64_MAX) return kMissing;
    return floor_div(value, per_ms);
  });
}

void append_vector(Type type, const Vector& vector, Column* column) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto as_double = [](auto value) { return static_cast<double>(value); };
  switch (type) {
    case duckdb::kBoolean:
      return append_integers<bool>(vector, column);
    case duckdb::kTinyint:
      return append_integers<std::int8_t>(vector, column);
    case duckdb::kSmallint:
      return append_integers<std::int16_t>(vector, column);
    case duckdb::kInteger:
    case duckdb::kSqlNull:
      return append_integers<std::int32_t>(vector, column);
    case duckdb::kBigint:
      return append_integers<std::int64_t>(vector, column);
    case duckdb::kUtinyint:
      return append_integers<std::uint8_t>(vector, column);
    case duckdb::kUsmallint:
      return append_integers<std::uint16_t>(vector, column);
    case duckdb::kUinteger:
      return append_integers<std::uint32_t>(vector, column);
    case duckdb::kFloat:
      return append<float>(vector, &column->doubles, nan, as_double);
    case duckdb::kDouble:
      return append<double>(vector, &column->doubles, nan, as_double);
    case duckdb::kTimestamp:
    case duckdb::kTimestampTz:
      return append_times(vector, column, 1000);
    case duckdb::kTimestampMs:
      return append_times(vector, column, 1);
    case duckdb::kTimestampNs:
      return append_times(vector, column, 1'000'000);
    case duckdb::kTimestampS:
      return append<std::int64_t>(vector, &column->integers, kMissing, [](auto value) { return value * 1000; });
    case duckdb::kDate:
      return append<std::int32_t>(vector, &column->integers, kMissing,
                                  [](std::int32_t value) { return std::int64_t{value} * kDay; });
    case duckdb::kVarchar:
      return append<duckdb::String>(vector, &column->texts, std::string(),
                                    [](const duckdb::String& value) { return value.text(); });
    default:
      return;  // column_type() refused it
  }
}

// `wide` tells that the type must first be cast to DOUBLE.
StatusOr<ColumnType> column_type(Type type, std::string_view name, bool* wide) {
  switch (type) {
    case duckdb::kFloat:
    case duckdb::kDouble:
      return ColumnType::kDouble;
    case duckdb::kHugeint:
    case duckdb::kUhugeint:
    case duckdb::kUbigint:
    case duckdb::kDecimal:
      *wide = true;
      return ColumnType::kDouble;
    case duckdb::kVarchar:
      return ColumnType::kText;
    case duckdb::kTimestamp:
    case duckdb::kTimestampTz:
    case duckdb::kTimestampMs:
    case duckdb::kTimestampNs:
    case duckdb::kTimestampS:
    case duckdb::kDate:
      return ColumnType::kTime;
    case duckdb::kBoolean:
    case duckdb::kTinyint:
    case duckdb::kSmallint:
    case duckdb::kInteger:
    case duckdb::kSqlNull:
    case duckdb::kBigint:
    case duckdb::kUtinyint:
    case duckdb::kUsmallint:
    case duckdb::kUinteger:
      return ColumnType::kInteger;
    default:
      return invalid("column '", name, "' has a type that is not a number, a time or text; cast it in the query");
  }
}

std::string quote_name(std::string_view name) { return str_cat("\"", replace_all(name, "\"", "\"\""), "\""); }

StatusOr<Table> run(const duckdb::Connection& connection, const std::string& sql, bool may_cast) {
  const Api& api = connection.api();
  duckdb::Query query(api);
  RETURN_IF_ERROR(query.run(connection, sql));
  const std::size_t count = api.column_count(query.get());
  std::vector<Type> types;
  std::vector<std::string> casts;
  Table table;
  for (std::size_t i = 0; i < count; ++i) {
    Column column;
    column.name = api.column_name(query.get(), i);
    if (table.find(column.name) != nullptr) return invalid("two columns are named '", column.name, "'");
    types.push_back(api.column_type(query.get(), i));
    bool wide = false;
    ASSIGN_OR_RETURN(column.type, column_type(types.back(), column.name, &wide));
    if (wide) casts.push_back(str_cat("CAST(", quote_name(column.name), " AS DOUBLE) AS ", quote_name(column.name)));
    table.columns().push_back(std::move(column));
  }
  if (!casts.empty()) {
    if (!may_cast) return internal_error("DuckDB kept a wide type after a cast to DOUBLE");
    return run(connection, str_cat("SELECT * REPLACE (", join(casts, ", "), ") FROM (", sql, ")"), false);
  }
  while (true) {
    const Chunk chunk{api, api.fetch_chunk(*query.get())};
    if (chunk.handle == nullptr) return table;
    const std::size_t rows = api.chunk_size(chunk.handle);
    for (std::size_t i = 0; i < count; ++i) {
      const duckdb::Handle vector = api.chunk_vector(chunk.handle, i);
      append_vector(types[i], {api.vector_data(vector), api.vector_validity(vector), rows}, &table.columns()[i]);
    }
  }
}

}  // namespace

StatusOr<Table> query_table(std::string_view sql) {
  ASSIGN_OR_RETURN(const duckdb::Connection connection, duckdb::Connection::create());
  return run(connection, std::string(sql), true);
}

StatusOr<Table> read_table(const std::filesystem::path& path) {
  const std::string ending = to_lower(path.extension().string());
  if (ending == ".csv") return read_table(path, Format::kCsv);
  if (ending == ".parquet") return read_table(path, Format::kParquet);
  return invalid(path.string(), ": a table's name must end in .parquet or .csv");
}

StatusOr<Table> read_table(const std::filesystem::path& path, Format format) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return not_found("there is no file ", path.string());
  const std::string file = quote_sql(path.string());
  StatusOr<Table> table =
      query_table(format == Format::kCsv ? str_cat("SELECT * FROM read_csv(", file, ", header=true)")
                                         : str_cat("SELECT * FROM read_parquet(", file, ")"));
  if (!table.ok()) return with_context(table.status(), path.string());
  return table;
}

Status check_engine() { return duckdb::Connection::create().status(); }

}  // namespace treadle::table
