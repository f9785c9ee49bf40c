#include "storage/sql/sqlite_connection.h"

#include "base/disk_full.h"
#include "base/log.h"
#include "storage/sql/regexp.h"

namespace treadle::sql {
namespace {

// Generated statements (searches) would fill the cache with ones never used again; past this it starts anew.
constexpr std::size_t kMaxStatements = 512;

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view text(int column) const override {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes == nullptr ? std::string_view() : std::string_view(bytes, static_cast<std::size_t>(size));
  }

 private:
  sqlite3_stmt* statement_;
};

int bind_one(sqlite3_stmt* statement, int at, const Value& value) {
  struct Bind {
    sqlite3_stmt* statement;
    int at;
    bool blob;
    int operator()(std::monostate) const { return sqlite3_bind_null(statement, at); }
    int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, at, number); }
    int operator()(double number) const { return sqlite3_bind_double(statement, at, number); }
    // The values outlive the statement's run, so SQLite need not copy them.
    int operator()(const std::string& text) const {
      if (blob) return sqlite3_bind_blob64(statement, at, text.data(), text.size(), SQLITE_STATIC);
      return sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
  };
  return std::visit(Bind{statement, at, value.is_blob()}, value.data());
}

// Gives the statement back unbound however its run ended.
class ResetOnExit {
 public:
  explicit ResetOnExit(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetOnExit() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  ResetOnExit(const ResetOnExit&) = delete;
  ResetOnExit& operator=(const ResetOnExit&) = delete;

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, bool read_only) {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // one lock for every allocation otherwise
  if (configured != SQLITE_OK) log_warning("SQLite counts its memory, which slows it");
  sqlite3* raw = nullptr;
  const int flags =
      (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  auto connection = std::unique_ptr<SqliteConnection>(new SqliteConnection(Handle(raw)));
  if (code != SQLITE_OK) return with_context(connection->error(""), "cannot open " + path);
  sqlite3_extended_result_codes(raw, 1);
  connection->wait_for_others(kWaitMs);
  RETURN_IF_ERROR(add_regexp(raw));
  RETURN_IF_ERROR(
      connection->execute_script("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384"));
  // FULL syncs the log at every commit: an acknowledged write survives a power cut. A log of up to 32 MiB holds most
  // pages many times, and each is copied into the database once; reading it after a crash takes a tenth of a second.
  if (!read_only) {
    RETURN_IF_ERROR(connection->execute_script(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192"));
  }
  return connection;
}

StatusOr<sqlite3_stmt*> SqliteConnection::prepare(std::string_view sql) {
  if (const auto it = statements_.find(sql); it != statements_.end()) return it->second.get();
  if (statements_.size() >= kMaxStatements) {
    // Not those under way: a query's callback may prepare others.
    std::erase_if(statements_, [](const auto& entry) { return sqlite3_stmt_busy(entry.second.get()) == 0; });
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(sql);
  statements_.emplace(std::string(sql), Statement(statement));
  return statement;
}

Status SqliteConnection::bind(sqlite3_stmt* statement, std::string_view sql, const Values& values) {
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(values.size())) {
    return internal_error("SQL needs ", sqlite3_bind_parameter_count(statement), " values, got ", values.size(), ": ",
                          sql);
  }
  int at = 0;
  for (const Value& value : values) {
    if (bind_one(statement, ++at, value) != SQLITE_OK) return error(sql);
  }
  return ok_status();
}

StatusOr<std::int64_t> SqliteConnection::execute(std::string_view sql, const Values& values) {
  ASSIGN_OR_RETURN(sqlite3_stmt* const statement, prepare(sql));
  const ResetOnExit reset(statement);
  RETURN_IF_ERROR(bind(statement, sql, values));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return error(sql);
  return static_cast<std::int64_t>(sqlite3_changes64(handle_.get()));
}

Status SqliteConnection::query(std::string_view sql, const Values& values,
                               const std::function<Status(const Row&)>& on_row) {
  ASSIGN_OR_RETURN(sqlite3_stmt* const statement, prepare(sql));
  const ResetOnExit reset(statement);
  RETURN_IF_ERROR(bind(statement, sql, values));
  const SqliteRow row(statement);
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return ok_status();
    if (code != SQLITE_ROW) return error(sql);
    RETURN_IF_ERROR(on_row(row));
  }
}

Status SqliteConnection::execute_script(std::string_view sql) {
  if (sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error(sql);
  return ok_status();
}

Status SqliteConnection::error(std::string_view sql) const {
  const int code = sqlite3_extended_errcode(handle_.get());
  const std::string message = str_cat("SQLite: ", sqlite3_errmsg(handle_.get()), sql.empty() ? "" : " in: ", sql);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return {StatusCode::kAlreadyExists, message};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {StatusCode::kFailedPrecondition, message};
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {StatusCode::kUnavailable,
              message + "; another program holds the database: nothing was written, try again once it lets go"};
    case SQLITE_FULL:
      return disk_full(message);
    default:
      return {StatusCode::kInternal, message};
  }
}

}  // namespace treadle::sql
