#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "storage/sql/database.h"

namespace treadle::sql {
namespace {

class Sqlite : public testing::Test {
 protected:
  void SetUp() override {
    open();
    ASSERT_TRUE(
        migrate(*database_, "test", {{1, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, x REAL)"}}).ok());
  }
  void open() {
    database_.reset();
    auto opened = open_sqlite({.path = (dir_->path() / "db").string(), .readers = 4, .max_queued_writes = 1000});
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    database_ = std::move(*opened);
  }
  Status insert(std::int64_t id, const std::string& name) {
    return database_->write([&](Connection& tx) {
      return tx.execute("INSERT INTO t(id, name, x) VALUES (?, ?, ?)", {id, name, 1.5}).status();
    });
  }
  std::int64_t count() {
    std::int64_t n = -1;
    EXPECT_TRUE(database_
                    ->read([&](Connection& c) -> Status {
                      ASSIGN_OR_RETURN(const auto found, c.query_integer("SELECT COUNT(*) FROM t"));
                      n = found.value_or(-1);
                      return ok_status();
                    })
                    .ok());
    return n;
  }

  StatusOr<TempDir> dir_ = TempDir::create();
  std::unique_ptr<Database> database_;
};

TEST_F(Sqlite, ValuesComeBackAsTheyWent) {
  const std::string odd("a\0b\xc3\xa9", 5);
  ASSERT_TRUE(
      database_
          ->write([&](Connection& tx) {
            return tx.execute("INSERT INTO t(id, name, x) VALUES (?, ?, ?)", {INT64_MAX, odd, nullptr}).status();
          })
          .ok());
  int rows = 0;
  ASSERT_TRUE(database_
                  ->read([&](Connection& c) {
                    return c.query("SELECT id, name, x FROM t", {}, [&](const Row& row) {
                      ++rows;
                      EXPECT_EQ(row.integer(0), INT64_MAX);
                      EXPECT_EQ(row.text(1), odd);
                      EXPECT_TRUE(row.is_null(2));
                      return ok_status();
                    });
                  })
                  .ok());
  EXPECT_EQ(rows, 1);
}

TEST_F(Sqlite, AFailedWriteLeavesNothingAndItsGroupUntouched) {
  ASSERT_TRUE(insert(1, "one").ok());
  const Status failed = database_->write([&](Connection& tx) -> Status {
    RETURN_IF_ERROR(tx.execute("INSERT INTO t(id, name, x) VALUES (2, 'two', 0)"));
    return invalid("changed my mind");
  });
  EXPECT_EQ(failed.message(), "changed my mind");
  EXPECT_EQ(insert(3, "one").code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(count(), 1);
}

TEST_F(Sqlite, ManyThreadsWriteAndEveryAcknowledgedRowSurvivesReopening) {
  std::atomic<int> acknowledged = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) acknowledged += insert(t * 1000 + i, str_cat(t, "-", i)).ok();
      });
    }
  }
  EXPECT_EQ(acknowledged, 800);
  open();
  EXPECT_EQ(count(), 800);
}

TEST_F(Sqlite, MigrationsRunOnceAndANewerDatabaseIsRefused) {
  EXPECT_TRUE(
      migrate(*database_, "test", {{1, "CREATE TABLE t(id INTEGER)"}, {2, "ALTER TABLE t ADD COLUMN y TEXT"}}).ok());
  const Status older = migrate(*database_, "test", {{1, ""}});
  EXPECT_EQ(older.code(), StatusCode::kFailedPrecondition);
}

TEST_F(Sqlite, AReadSeesOneSnapshot) {
  ASSERT_TRUE(insert(1, "one").ok());
  ASSERT_TRUE(database_
                  ->read([&](Connection& c) -> Status {
                    ASSIGN_OR_RETURN(const auto before, c.query_integer("SELECT COUNT(*) FROM t"));
                    std::jthread([&] { EXPECT_TRUE(insert(2, "two").ok()); }).join();
                    ASSIGN_OR_RETURN(const auto after, c.query_integer("SELECT COUNT(*) FROM t"));
                    EXPECT_EQ(before, after);
                    return ok_status();
                  })
                  .ok());
  EXPECT_EQ(count(), 2);
}

}  // namespace
}  // namespace treadle::sql
