// The part of DuckDB's C API (1.5.6) that we call, declared by hand because the library is opened with dlopen and its
// header is not shipped with it. Names and layouts are duckdb.h's.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "base/status.h"

namespace treadle::table::duckdb {

using idx_t = std::uint64_t;
enum State { kSuccess = 0, kError = 1 };
// duckdb_type, as far as we tell types apart.
enum Type : int {
  kBoolean = 1,
  kTinyint = 2,
  kSmallint = 3,
  kInteger = 4,
  kBigint = 5,
  kUtinyint = 6,
  kUsmallint = 7,
  kUinteger = 8,
  kUbigint = 9,
  kFloat = 10,
  kDouble = 11,
  kTimestamp = 12,
  kDate = 13,
  kHugeint = 16,
  kVarchar = 17,
  kDecimal = 19,
  kTimestampS = 20,
  kTimestampMs = 21,
  kTimestampNs = 22,
  kTimestampTz = 31,
  kUhugeint = 32,
  kSqlNull = 36,
};
struct Result {
  idx_t deprecated_column_count;
  idx_t deprecated_row_count;
  idx_t deprecated_rows_changed;
  void* deprecated_columns;
  char* deprecated_error_message;
  void* internal_data;
};
// duckdb_string_t: up to 12 bytes in place, longer text behind a pointer.
struct String {
  std::uint32_t length;
  char bytes[12];  // the text, or 4 bytes of it and a pointer to all
  std::string text() const {
    if (length <= sizeof bytes) return {bytes, length};
    const char* pointer = nullptr;
    std::memcpy(&pointer, bytes + 4, sizeof pointer);
    return {pointer, length};
  }
};
static_assert(sizeof(String) == 16);

using Handle = void*;  // duckdb_database, _connection, _config, _data_chunk, _vector, _logical_type, _appender

struct Api {
  const char* (*library_version)();
  State (*create_config)(Handle* config);
  State (*set_config)(Handle config, const char* name, const char* option);
  void (*destroy_config)(Handle* config);
  State (*open_ext)(const char* path, Handle* database, Handle config, char** error);
  State (*connect)(Handle database, Handle* connection);
  void (*disconnect)(Handle* connection);
  State (*query)(Handle connection, const char* sql, Result* result);
  const char* (*result_error)(Result* result);
  void (*destroy_result)(Result* result);
  idx_t (*column_count)(Result* result);
  const char* (*column_name)(Result* result, idx_t column);
  Type (*column_type)(Result* result, idx_t column);
  Handle (*fetch_chunk)(Result result);
  idx_t (*chunk_size)(Handle chunk);
  Handle (*chunk_vector)(Handle chunk, idx_t column);
  void (*destroy_chunk)(Handle* chunk);
  void* (*vector_data)(Handle vector);
  std::uint64_t* (*vector_validity)(Handle vector);
  idx_t (*vector_size)();
  void (*ensure_validity)(Handle vector);
  void (*assign_string)(Handle vector, idx_t index, const char* text, idx_t length);
  Handle (*create_logical_type)(Type type);
  void (*destroy_logical_type)(Handle* type);
  Handle (*create_chunk)(Handle* types, idx_t columns);
  void (*reset_chunk)(Handle chunk);
  void (*set_chunk_size)(Handle chunk, idx_t size);
  State (*create_appender)(Handle connection, const char* schema, const char* table, Handle* appender);
  State (*append_chunk)(Handle appender, Handle chunk);
  const char* (*appender_error)(Handle appender);
  State (*destroy_appender)(Handle* appender);
  void (*free)(void* pointer);
};

// Loaded once per process. Errors: kUnavailable when it is missing or of another version.
StatusOr<const Api*> load();

// A connection to the process's one in-memory database: at most 2 threads and 1 GiB, no extension is ever downloaded.
class Connection {
 public:
  static StatusOr<Connection> create();
  Connection(Connection&& other) noexcept : api_(other.api_), handle_(std::exchange(other.handle_, nullptr)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection();
  const Api& api() const { return *api_; }
  Handle handle() const { return handle_; }
  Status execute(const std::string& sql) const;

 private:
  Connection(const Api* api, Handle handle) : api_(api), handle_(handle) {}
  const Api* api_;
  Handle handle_;
};

// A result that is freed when it goes.
class Query {
 public:
  explicit Query(const Api& api) : api_(api) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() { api_.destroy_result(&result_); }
  Status run(const Connection& connection, const std::string& sql);
  Result* get() { return &result_; }

 private:
  const Api& api_;
  Result result_{};
};

}  // namespace treadle::table::duckdb
