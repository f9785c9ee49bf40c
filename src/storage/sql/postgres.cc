// PostgreSQL behind the same interface: a pool of connections, and one writer at a time.
//
// Domains are written for a store whose writes run one after another. On PostgreSQL every write() first takes an
// advisory lock that lasts until its end, also across servers on one database, so nothing can slip between a check and
// the change that rests on it, and no transaction has to be tried again. Readers take a snapshot and wait for nobody.
#include <condition_variable>
#include <mutex>

#include "storage/sql/postgres_connection.h"

namespace treadle::sql {
namespace {

constexpr std::string_view kBeginWrite = "BEGIN; SELECT pg_advisory_xact_lock(7271, hashtext(current_schema()))";
constexpr std::string_view kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::string url, std::size_t limit, std::unique_ptr<PostgresConnection> first)
      : url_(std::move(url)), limit_(limit), open_(1) {
    idle_.push_back(std::move(first));
  }

  Dialect dialect() const override { return Dialect::kPostgres; }
  Status read(const std::function<Status(Connection&)>& work) override { return transact(kBeginRead, work); }
  Status write(const std::function<Status(Connection&)>& work) override { return transact(kBeginWrite, work); }

 private:
  Status transact(std::string_view begin, const std::function<Status(Connection&)>& work) {
    std::unique_ptr<PostgresConnection> connection;
    Status status = begin_on(begin, connection);
    if (!status.ok()) return status;
    status = work(*connection);
    if (status.ok() && connection->broken_transaction()) {
      status = internal_error("a statement failed and its error was not returned; nothing was changed");
    }
    const Status ended = connection->execute_script(status.ok() ? "COMMIT" : "ROLLBACK");
    const auto calls = connection->take_after_commit();
    give_back(std::move(connection));
    if (!status.ok()) return status;
    RETURN_IF_ERROR(ended);
    for (const auto& call : calls) call();
    return ok_status();
  }

  // An idle connection may have died since; nothing was done on it yet, so another may take its place.
  Status begin_on(std::string_view begin, std::unique_ptr<PostgresConnection>& connection) {
    Status status;
    for (std::size_t attempt = 0; attempt <= limit_; ++attempt) {
      auto taken = take();
      if (!taken.ok()) return taken.status();
      connection = std::move(*taken);
      status = connection->execute_script(begin);
      if (status.ok()) return status;
      const bool lost = !connection->usable();
      if (!lost) RETURN_IF_ERROR(connection->execute_script("ROLLBACK"));
      give_back(std::move(connection));
      if (!lost) return status;
    }
    return status;
  }

  StatusOr<std::unique_ptr<PostgresConnection>> take() {
    {
      std::unique_lock lock(mutex_);
      free_.wait(lock, [this] { return !idle_.empty() || open_ < limit_; });
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
      ++open_;
    }
    auto connection = PostgresConnection::open(url_);
    if (!connection.ok()) forget();
    return connection;
  }

  void give_back(std::unique_ptr<PostgresConnection> connection) {
    if (!connection->usable()) return forget();
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
    free_.notify_one();
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    --open_;
    free_.notify_one();
  }

  const std::string url_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t open_;
};

}  // namespace

StatusOr<std::unique_ptr<Database>> open_postgres(const std::string& url, std::size_t connections) {
  if (connections == 0) return invalid_field("connections", "must be at least 1");
  ASSIGN_OR_RETURN(std::unique_ptr<PostgresConnection> first, PostgresConnection::open(url));
  return std::unique_ptr<Database>(std::make_unique<PostgresDatabase>(url, connections, std::move(first)));
}

}  // namespace treadle::sql
