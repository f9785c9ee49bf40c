// Store suites that run on both engines:
//
//   class StoreTest : public sql::testing::EngineTest { void SetUp() override { EngineTest::SetUp(); … database() … }
//   }; TEST_P(StoreTest, KeepsRuns) { … } TREADLE_ON_BOTH_ENGINES(StoreTest);
//
// PostgreSQL: the server at TREADLE_TEST_POSTGRES (a URL) when that is set, else a private one started in a temporary
// folder for as long as the test program lives, never the system's. Every test has a schema of its own. Without the
// binaries in /usr/lib/postgresql those tests are skipped.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "base/files.h"
#include "storage/sql/database.h"

namespace treadle::sql::testing {

class EngineTest : public ::testing::TestWithParam<Dialect> {
 public:
  static std::string name(const ::testing::TestParamInfo<Dialect>& info);

 protected:
  // Skips the test when the engine is not there.
  void SetUp() override;
  void TearDown() override;
  Database& database() { return *database_; }
  // Closes and opens again what was stored.
  void reopen();

 private:
  std::optional<TempDir> folder_;
  std::string url_;     // PostgreSQL with this test's schema
  std::string schema_;  // "" on SQLite
  std::unique_ptr<Database> database_;
};

#define TREADLE_ON_BOTH_ENGINES(Suite)                                                                              \
  INSTANTIATE_TEST_SUITE_P(, Suite,                                                                                 \
                           ::testing::Values(::treadle::sql::Dialect::kSqlite, ::treadle::sql::Dialect::kPostgres), \
                           ::treadle::sql::testing::EngineTest::name)

}  // namespace treadle::sql::testing
