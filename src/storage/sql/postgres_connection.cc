#include "storage/sql/postgres_connection.h"

#include <array>

#include "base/disk_full.h"

namespace treadle::sql {
namespace {

constexpr std::size_t kMaxStatements = 512;
// pg_type's numbers; 0 lets the server find out.
constexpr Oid kUnknown = 0, kBytes = 17, kInt8 = 20, kText = 25, kFloat8 = 701;

Oid type_of(const Value& value) {
  struct Type {
    bool blob;
    Oid operator()(std::monostate) const { return kUnknown; }
    Oid operator()(std::int64_t) const { return kInt8; }
    Oid operator()(double) const { return kFloat8; }
    Oid operator()(const std::string&) const { return blob ? kBytes : kText; }
  };
  return std::visit(Type{value.is_blob()}, value.data());
}

// The values as libpq wants them: texts, and bytes as they are.
struct Parameters {
  explicit Parameters(const Values& values) : texts(values.size()) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Value& value = values[i];
      if (const auto* number = std::get_if<std::int64_t>(&value.data())) texts[i] = str_cat(*number);
      if (const auto* number = std::get_if<double>(&value.data())) texts[i] = str_cat(*number);
      const auto* text = std::get_if<std::string>(&value.data());
      const std::string& bytes = text != nullptr ? *text : texts[i];
      const bool null = std::holds_alternative<std::monostate>(value.data());
      pointers.push_back(null ? nullptr : bytes.c_str());
      lengths.push_back(static_cast<int>(bytes.size()));
      formats.push_back(text != nullptr ? 1 : 0);  // binary: its length counts, not a NUL in it
    }
  }
  std::vector<std::string> texts;
  std::vector<const char*> pointers;
  std::vector<int> lengths, formats;
};

class PostgresRow final : public Row {
 public:
  explicit PostgresRow(const PGresult* result) : result_(result), bytes_(static_cast<std::size_t>(PQnfields(result))) {}
  void go_to(int row) { row_ = row; }
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  std::int64_t integer(int column) const override {
    const std::string_view text = raw(column);
    if (text == "t") return 1;
    const auto number = parse_int(text);
    return number ? *number : static_cast<std::int64_t>(real(column));
  }
  double real(int column) const override { return parse_double(raw(column)).value_or(0); }
  std::string_view text(int column) const override {
    if (PQftype(result_, column) != kBytes) return raw(column);
    std::size_t size = 0;
    const std::unique_ptr<unsigned char, decltype(&PQfreemem)> plain(
        PQunescapeBytea(reinterpret_cast<const unsigned char*>(PQgetvalue(result_, row_, column)), &size), &PQfreemem);
    std::string& kept = bytes_[static_cast<std::size_t>(column)];
    kept.assign(reinterpret_cast<const char*>(plain.get()), size);
    return kept;
  }

 private:
  std::string_view raw(int column) const {
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }
  const PGresult* result_;
  int row_ = 0;
  mutable std::vector<std::string> bytes_;  // what text() points into for a blob
};

StatusCode code_of(std::string_view state) {
  if (state == "23505") return StatusCode::kAlreadyExists;
  if (state == "23503") return StatusCode::kFailedPrecondition;
  if (state == "53100") return StatusCode::kResourceExhausted;
  if (state == "22021" || state == "22P05") return StatusCode::kInvalidArgument;  // not UTF-8, or a NUL
  if (state == "2201B") return StatusCode::kInvalidArgument;                      // not a regular expression
  if (state.empty() || state.starts_with("08") || state.starts_with("57P") || state == "53300" || state == "40001" ||
      state == "40P01" || state == "55P03") {
    return StatusCode::kUnavailable;
  }
  return StatusCode::kInternal;
}

}  // namespace

std::string number_parameters(std::string_view sql) {
  std::string numbered;
  numbered.reserve(sql.size() + 16);
  char quote = 0;
  int at = 0;
  for (const char c : sql) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '?') {
      str_append(&numbered, '$', ++at);
      continue;
    }
    numbered.push_back(c);
  }
  return numbered;
}

StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& url) {
  auto connection = std::unique_ptr<PostgresConnection>(new PostgresConnection(Handle(PQconnectdb(url.c_str()))));
  PGconn* const handle = connection->handle_.get();
  if (!connection->usable()) {
    return unavailable("cannot reach PostgreSQL: ", trim(PQerrorMessage(handle)), "; check the database URL");
  }
  PQsetNoticeProcessor(
      handle, [](void*, const char*) {}, nullptr);
  RETURN_IF_ERROR(
      connection->execute_script("SET synchronous_commit = on; SET client_encoding = 'UTF8'; SET TimeZone = 'UTC';"
                                 "SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'"));
  return connection;
}

StatusOr<std::string> PostgresConnection::prepare(std::string_view sql, const Values& values) {
  std::vector<Oid> types;
  std::string key(sql);
  for (const Value& value : values) {
    types.push_back(type_of(value));
    str_append(&key, '\0', types.back());
  }
  if (const auto it = statements_.find(key); it != statements_.end()) return it->second;
  if (statements_.size() >= kMaxStatements) {
    RETURN_IF_ERROR(execute_script("DEALLOCATE ALL"));
    statements_.clear();
  }
  std::string name = str_cat("s", ++prepared_);
  const Result result(PQprepare(handle_.get(), name.c_str(), number_parameters(sql).c_str(),
                                static_cast<int>(types.size()), types.data()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return error(result.get(), sql);
  statements_.emplace(std::move(key), name);
  return name;
}

StatusOr<PostgresConnection::Result> PostgresConnection::run(std::string_view sql, const Values& values) {
  ASSIGN_OR_RETURN(const std::string name, prepare(sql, values));
  const Parameters parameters(values);
  Result result(PQexecPrepared(handle_.get(), name.c_str(), static_cast<int>(values.size()), parameters.pointers.data(),
                               parameters.lengths.data(), parameters.formats.data(), 0));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return error(result.get(), sql);
  return result;
}

StatusOr<std::int64_t> PostgresConnection::execute(std::string_view sql, const Values& values) {
  ASSIGN_OR_RETURN(const Result result, run(sql, values));
  return parse_int(PQcmdTuples(result.get())).value_or(0);
}

Status PostgresConnection::query(std::string_view sql, const Values& values,
                                 const std::function<Status(const Row&)>& on_row) {
  ASSIGN_OR_RETURN(const Result result, run(sql, values));
  PostgresRow row(result.get());
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    row.go_to(i);
    RETURN_IF_ERROR(on_row(row));
  }
  return ok_status();
}

Status PostgresConnection::execute_script(std::string_view sql) {
  const Result result(PQexec(handle_.get(), std::string(sql).c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return ok_status();
  return error(result.get(), sql);
}

Status PostgresConnection::error(const PGresult* result, std::string_view sql) const {
  const char* const state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const text = result == nullptr ? PQerrorMessage(handle_.get()) : PQresultErrorMessage(result);
  const StatusCode code = code_of(state == nullptr ? "" : state);
  std::string message = str_cat("PostgreSQL: ", trim(text), " in: ", sql);
  return code == StatusCode::kResourceExhausted ? disk_full(message) : Status(code, std::move(message));
}

}  // namespace treadle::sql
