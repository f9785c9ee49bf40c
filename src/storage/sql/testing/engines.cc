#include "storage/sql/testing/engines.h"

#include <cstdlib>

#include "base/ids.h"
#include "storage/sql/testing/private_postgres.h"

namespace treadle::sql::testing {
namespace {

// The URL of the server for this program; started at first need, gone when the program ends.
StatusOr<std::string> server_url() {
  if (const char* given = std::getenv("TREADLE_TEST_POSTGRES"); given != nullptr && *given != '\0') return given;
  static const auto server = PrivatePostgres::start();
  if (!server.ok()) return server.status();
  return (*server)->url();
}

Status run_on(const std::string& url, const std::string& script) {
  ASSIGN_OR_RETURN(const auto database, open_postgres(url, 1));
  return database->write([&](Connection& tx) { return tx.execute_script(script); });
}

}  // namespace

std::string EngineTest::name(const ::testing::TestParamInfo<Dialect>& info) {
  return info.param == Dialect::kSqlite ? "Sqlite" : "Postgres";
}

void EngineTest::SetUp() {
  if (GetParam() == Dialect::kSqlite) {
    auto folder = TempDir::create();
    ASSERT_TRUE(folder.ok());
    folder_ = std::move(*folder);
  } else {
    if (std::getenv("TREADLE_TEST_POSTGRES") == nullptr && PrivatePostgres::find_binaries().empty()) {
      GTEST_SKIP() << "PostgreSQL is not installed (apt-get install postgresql-15)";
    }
    const auto url = server_url();
    ASSERT_TRUE(url.ok()) << url.status().to_string();
    schema_ = to_lower("t" + new_ulid());
    const Status made = run_on(*url, "CREATE SCHEMA " + schema_);
    ASSERT_TRUE(made.ok()) << made.to_string();
    url_ = str_cat(*url, url->find('?') == std::string::npos ? "?" : "&", "options=-csearch_path%3D", schema_);
  }
  reopen();
}

void EngineTest::reopen() {
  database_.reset();
  auto opened = GetParam() == Dialect::kSqlite ? open_sqlite({.path = (folder_->path() / "db").string()})
                                               : open_postgres(url_, 6);
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  database_ = std::move(*opened);
}

void EngineTest::TearDown() {
  database_.reset();
  if (schema_.empty() || url_.empty()) return;
  EXPECT_TRUE(run_on(url_, "DROP SCHEMA " + schema_ + " CASCADE").ok());
}

}  // namespace treadle::sql::testing
