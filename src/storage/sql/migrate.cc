#include "storage/sql/database.h"

namespace treadle::sql {

Status migrate(Database& database, std::string_view domain, const std::vector<Migration>& migrations) {
  return database.write([&](Connection& tx) -> Status {
    RETURN_IF_ERROR(
        tx.execute_script("CREATE TABLE IF NOT EXISTS schema_migrations("
                          "domain TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY(domain, version))"));
    ASSIGN_OR_RETURN(const auto newest,
                     tx.query_integer("SELECT MAX(version) FROM schema_migrations WHERE domain = ?", {domain}));
    const std::int64_t known = migrations.empty() ? 0 : migrations.back().version;
    if (newest.value_or(0) > known) {
      return failed_precondition("the database's ", domain, " tables are at version ", *newest,
                                 ", this program knows only ", known,
                                 "; start a newer treadle, or restore the data from before");
    }
    for (const Migration& migration : migrations) {
      if (migration.version <= newest.value_or(0)) continue;
      const bool postgres = tx.dialect() == Dialect::kPostgres && !migration.postgres.empty();
      const Status applied = tx.execute_script(postgres ? migration.postgres : migration.sql);
      if (!applied.ok()) return with_context(applied, str_cat("migration ", migration.version, " of ", domain));
      RETURN_IF_ERROR(tx.execute("INSERT INTO schema_migrations(domain, version) VALUES (?, ?)",
                                 {domain, static_cast<std::int64_t>(migration.version)}));
    }
    return ok_status();
  });
}

}  // namespace treadle::sql
