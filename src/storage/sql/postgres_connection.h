// One libpq connection with its prepared statements.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "storage/sql/database.h"

namespace treadle::sql {

class PostgresConnection final : public Connection {
 public:
  static StatusOr<std::unique_ptr<PostgresConnection>> open(const std::string& url);

  Dialect dialect() const override { return Dialect::kPostgres; }
  StatusOr<std::int64_t> execute(std::string_view sql, const Values& values = {}) override;
  Status query(std::string_view sql, const Values& values, const std::function<Status(const Row&)>& on_row) override;
  Status execute_script(std::string_view sql) override;

  // False when the server went away; the connection is of no more use.
  bool usable() const { return PQstatus(handle_.get()) == CONNECTION_OK; }
  // After an error that was not returned, COMMIT would quietly roll back.
  bool broken_transaction() const { return PQtransactionStatus(handle_.get()) == PQTRANS_INERROR; }

 private:
  struct Close {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Handle = std::unique_ptr<PGconn, Close>;
  using Result = std::unique_ptr<PGresult, Clear>;

  explicit PostgresConnection(Handle handle) : handle_(std::move(handle)) {}
  StatusOr<std::string> prepare(std::string_view sql, const Values& values);
  StatusOr<Result> run(std::string_view sql, const Values& values);
  Status error(const PGresult* result, std::string_view sql) const;

  Handle handle_;
  std::unordered_map<std::string, std::string> statements_;  // SQL with the kinds of its values -> name
  std::int64_t prepared_ = 0;
};

// `a = ? AND b = '?'` becomes `a = $1 AND b = '?'`.
std::string number_parameters(std::string_view sql);

}  // namespace treadle::sql
