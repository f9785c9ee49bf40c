// One SQLite handle with its prepared statements.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "storage/sql/database.h"

namespace treadle::sql {

class SqliteConnection final : public Connection {
 public:
  static constexpr int kWaitMs = 5000;

  static StatusOr<std::unique_ptr<SqliteConnection>> open(const std::string& path, bool read_only);

  Dialect dialect() const override { return Dialect::kSqlite; }
  StatusOr<std::int64_t> execute(std::string_view sql, const Values& values = {}) override;
  Status query(std::string_view sql, const Values& values, const std::function<Status(const Row&)>& on_row) override;
  Status execute_script(std::string_view sql) override;
  // How long a statement waits for another program that holds the database, before it fails as kUnavailable.
  void wait_for_others(int milliseconds) { sqlite3_busy_timeout(handle_.get(), milliseconds); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Handle = std::unique_ptr<sqlite3, Close>;
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  explicit SqliteConnection(Handle handle) : handle_(std::move(handle)) {}
  StatusOr<sqlite3_stmt*> prepare(std::string_view sql);
  Status bind(sqlite3_stmt* statement, std::string_view sql, const Values& values);
  Status error(std::string_view sql) const;

  Handle handle_;  // declared before the statements, which must go first
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
};

}  // namespace treadle::sql
