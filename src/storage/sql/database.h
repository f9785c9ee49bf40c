// One SQL interface for SQLite and PostgreSQL. Statements use `?` for parameters in both; the few places where the
// dialects differ ask `dialect()`.
//
//   RETURN_IF_ERROR(database.write([&](sql::Connection& tx) -> Status {
//     RETURN_IF_ERROR(tx.execute("INSERT INTO runs(id, name) VALUES (?, ?)", {id, name}));
//     return events.append(tx, event);
//   }));
//
// Writes are durable when write() returns ok: SQLite commits groups of them with one fsync (one writer thread, WAL,
// synchronous=FULL), PostgreSQL commits each in its own transaction. On both they run one after another, as if there
// were one writer: PostgreSQL takes a lock that all servers on the database share.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace treadle::sql {

enum class Dialect { kSqlite, kPostgres };

// A bound parameter. Blobs are strings with `blob` set; std::nullopt binds NULL.
class Value {
 public:
  Value(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): parameter lists read like values
  Value(bool value) : data_(static_cast<std::int64_t>(value)) {}  // NOLINT
  Value(int value) : data_(static_cast<std::int64_t>(value)) {}   // NOLINT
  Value(std::int64_t value) : data_(value) {}                     // NOLINT
  Value(double value) : data_(value) {}                           // NOLINT
  Value(std::string value) : data_(std::move(value)) {}           // NOLINT
  Value(std::string_view value) : data_(std::string(value)) {}    // NOLINT
  Value(const char* value) : data_(std::string(value)) {}         // NOLINT
  template <typename T>
  Value(const std::optional<T>& value) {  // NOLINT
    if (value) *this = Value(*value);
  }
  static Value blob(std::string bytes);

  using Data = std::variant<std::monostate, std::int64_t, double, std::string>;
  const Data& data() const { return data_; }
  bool is_blob() const { return blob_; }

 private:
  Data data_;
  bool blob_ = false;
};
using Values = std::vector<Value>;

// One result row; valid only inside the callback. Columns count from 0. NULL reads as 0 or "".
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  // also blobs
  std::string string(int column) const { return std::string(text(column)); }
  std::optional<std::int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  std::optional<std::string> optional_string(int column) const {
    return is_null(column) ? std::nullopt : std::optional(string(column));
  }
};

// A connection inside read() or a transaction inside write(). Statements are prepared once per connection and kept.
// Errors: kAlreadyExists for a unique violation, kFailedPrecondition for a foreign key, kUnavailable for a busy or lost
// database, kResourceExhausted for a full disk, kInternal otherwise. Return an error, do not go on after it: PostgreSQL
// refuses every further statement of the transaction. Not thread-safe.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Dialect dialect() const = 0;
  // Rows changed.
  virtual StatusOr<std::int64_t> execute(std::string_view sql, const Values& values = {}) = 0;
  // Calls `on_row` per row; an error from it ends the query and is returned.
  virtual Status query(std::string_view sql, const Values& values, const std::function<Status(const Row&)>& on_row) = 0;
  // Several statements separated by `;` without parameters (migrations).
  virtual Status execute_script(std::string_view sql) = 0;

  // Inside write(): `call` is made once this transaction is durable, before write() returns; never when it was rolled
  // back. It runs on the committing thread: it must be quick and must not use the database.
  void after_commit(std::function<void()> call) { after_commit_.push_back(std::move(call)); }

  // One column of one row; nullopt when there is no row.
  StatusOr<std::optional<std::int64_t>> query_integer(std::string_view sql, const Values& values = {});
  StatusOr<std::optional<std::string>> query_text(std::string_view sql, const Values& values = {});

  // For the databases: hands over what waits for the commit, to be called after it or forgotten.
  std::vector<std::function<void()>> take_after_commit() { return std::exchange(after_commit_, {}); }

 private:
  std::vector<std::function<void()>> after_commit_;
};

class Database {
 public:
  virtual ~Database() = default;
  virtual Dialect dialect() const = 0;
  // Runs `work` on a pooled read connection in one snapshot. Thread-safe.
  virtual Status read(const std::function<Status(Connection&)>& work) = 0;
  // Runs `work` in a transaction; any error rolls back exactly this work. Returns when it is durable. `work` may run on
  // another thread, must not call read() or write() itself, and must be quick. Thread-safe.
  virtual Status write(const std::function<Status(Connection&)>& work) = 0;
};

struct SqliteOptions {
  std::string path;
  std::size_t readers = 4;
  std::size_t max_queued_writes = 10'000;  // beyond it write() answers kResourceExhausted
};
StatusOr<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);
// `url` like "postgresql://user:password@host:5432/name". Text must be UTF-8 without NUL, or kInvalidArgument.
StatusOr<std::unique_ptr<Database>> open_postgres(const std::string& url, std::size_t connections = 8);

// A domain's numbered migrations, applied once each in order and recorded in `schema_migrations(domain, version)`.
// `postgres` is used instead of `sql` on PostgreSQL when it is not empty.
struct Migration {
  int version;
  std::string_view sql;
  std::string_view postgres = {};
};
Status migrate(Database& database, std::string_view domain, const std::vector<Migration>& migrations);

}  // namespace treadle::sql
