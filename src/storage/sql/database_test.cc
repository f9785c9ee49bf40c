// What every engine behind sql::Database promises; run on SQLite and on a real PostgreSQL.
#include <atomic>
#include <thread>

#include "base/strings.h"
#include "storage/sql/regexp.h"
#include "storage/sql/testing/engines.h"

namespace treadle::sql {
namespace {

class DatabaseTest : public testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    const Status migrated =
        migrate(database(), "test",
                {{1,
                  "CREATE TABLE t(id BIGINT PRIMARY KEY, name TEXT UNIQUE, x DOUBLE PRECISION, b BLOB);"
                  "CREATE TABLE child(id BIGINT PRIMARY KEY REFERENCES t(id))",
                  "CREATE TABLE t(id BIGINT PRIMARY KEY, name TEXT UNIQUE, x DOUBLE PRECISION, b BYTEA);"
                  "CREATE TABLE child(id BIGINT PRIMARY KEY REFERENCES t(id))"}});
    ASSERT_TRUE(migrated.ok()) << migrated.to_string();
  }
  Status insert(std::int64_t id, const std::string& name) {
    return database().write([&](Connection& tx) {
      return tx.execute("INSERT INTO t(id, name, x) VALUES (?, ?, ?)", {id, name, 1.5}).status();
    });
  }
  std::int64_t count() {
    std::int64_t n = -1;
    EXPECT_TRUE(database()
                    .read([&](Connection& c) -> Status {
                      ASSIGN_OR_RETURN(const auto found, c.query_integer("SELECT COUNT(*) FROM t"));
                      n = found.value_or(-1);
                      return ok_status();
                    })
                    .ok());
    return n;
  }
};

TEST_P(DatabaseTest, ValuesComeBackAsTheyWent) {
  const std::string bytes("a\0b\xff", 4), text = "o'clock? \"é\"";
  const Status written = database().write([&](Connection& tx) -> Status {
    RETURN_IF_ERROR(
        tx.execute("INSERT INTO t(id, name, x, b) VALUES (?, ?, ?, ?)", {INT64_MAX, text, 0.1, Value::blob(bytes)}));
    return tx.execute("INSERT INTO t(id, name, x, b) VALUES (?, ?, ?, ?)", {INT64_MIN, nullptr, -1e300, nullptr})
        .status();
  });
  ASSERT_TRUE(written.ok()) << written.to_string();
  int rows = 0;
  const Status read = database().read([&](Connection& c) {
    return c.query("SELECT id, name, x, b, '?' FROM t ORDER BY id DESC", {}, [&](const Row& row) {
      EXPECT_EQ(row.integer(0), rows == 0 ? INT64_MAX : INT64_MIN);
      EXPECT_EQ(row.real(2), rows == 0 ? 0.1 : -1e300);
      EXPECT_EQ(row.text(3), rows == 0 ? bytes : "");
      EXPECT_EQ(row.optional_string(1), rows == 0 ? std::optional(text) : std::nullopt);
      EXPECT_EQ(row.is_null(3), rows == 1);
      EXPECT_EQ(row.text(4), "?");
      ++rows;
      return ok_status();
    });
  });
  EXPECT_TRUE(read.ok()) << read.to_string();
  EXPECT_EQ(rows, 2);
}

TEST_P(DatabaseTest, OneStatementTakesValuesOfSeveralKinds) {
  for (const Value& x : {Value(1.25), Value(3), Value(nullptr)}) {
    const Status status = database().write([&](Connection& tx) -> Status {
      RETURN_IF_ERROR(tx.execute("DELETE FROM t"));
      return tx.execute("INSERT INTO t(id, x) VALUES (?, ?)", {1, x}).status();
    });
    EXPECT_TRUE(status.ok()) << status.to_string();
  }
}

TEST_P(DatabaseTest, RegularExpressionsFindTextsOnBothEngines) {
  ASSERT_TRUE(insert(1, "chat-1").ok() && insert(2, "Chatter").ok() && insert(3, "x").ok());
  const auto found = [&](const std::string& pattern) {
    std::string names;
    const Status status = database().read([&](Connection& connection) {
      return connection.query(
          str_cat("SELECT name FROM t WHERE name", regexp_operator(connection.dialect()), "? ORDER BY id"), {pattern},
          [&](const Row& row) {
            str_append(&names, row.text(0), " ");
            return ok_status();
          });
    });
    return status.ok() ? names : std::string("refused");
  };
  EXPECT_EQ(found("^chat-[0-9]$"), "chat-1 ");
  EXPECT_EQ(found("(?i)chat"), "chat-1 Chatter ");
  EXPECT_EQ(found("y|x"), "x ");
  EXPECT_EQ(found("a("), "refused");
  EXPECT_TRUE(check_regexp("a+$").ok());
  EXPECT_EQ(check_regexp("a(").code(), StatusCode::kInvalidArgument);
}

TEST_P(DatabaseTest, AFailedWriteLeavesNothing) {
  ASSERT_TRUE(insert(1, "one").ok());
  const Status failed = database().write([&](Connection& tx) -> Status {
    RETURN_IF_ERROR(tx.execute("INSERT INTO t(id, name) VALUES (2, 'two')"));
    return invalid("changed my mind");
  });
  EXPECT_EQ(failed.message(), "changed my mind");
  EXPECT_EQ(insert(3, "one").code(), StatusCode::kAlreadyExists);
  const Status orphan =
      database().write([&](Connection& tx) { return tx.execute("INSERT INTO child(id) VALUES (9)").status(); });
  EXPECT_EQ(orphan.code(), StatusCode::kFailedPrecondition);
  const Status wrong = database().write([&](Connection& tx) { return tx.execute("SELECT nonsense").status(); });
  EXPECT_EQ(wrong.code(), StatusCode::kInternal);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, RowsChangedAreCounted) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(insert(i, str_cat(i)).ok());
  const Status status = database().write([&](Connection& tx) -> Status {
    EXPECT_EQ(*tx.execute("UPDATE t SET x = 2 WHERE id >= ?", {3}), 2);
    EXPECT_EQ(*tx.execute("INSERT INTO t(id, name) VALUES (0, 'z') ON CONFLICT DO NOTHING"), 0);
    EXPECT_EQ(*tx.query_text("SELECT name FROM t WHERE id = ?", {99}), std::nullopt);
    return ok_status();
  });
  EXPECT_TRUE(status.ok()) << status.to_string();
}

// A check and the change that rests on it: no two writes may both see the old state.
TEST_P(DatabaseTest, WritesRunOneAfterAnother) {
  ASSERT_TRUE(insert(0, "sum").ok());
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) {
          const Status added = database().write([&](Connection& tx) -> Status {
            ASSIGN_OR_RETURN(const auto most, tx.query_integer("SELECT MAX(id) FROM t"));
            return tx.execute("INSERT INTO t(id) VALUES (?)", {*most + 1}).status();
          });
          EXPECT_TRUE(added.ok()) << added.to_string();
        }
      });
    }
  }
  EXPECT_EQ(count(), 201);
  reopen();
  EXPECT_EQ(count(), 201);
}

// SQLite commits many writes at once; one that fails must not take the others of its group with it.
TEST_P(DatabaseTest, AFailedWriteLeavesThoseBesideItUntouched) {
  std::atomic<int> acknowledged = 0, told = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 24; ++i) {
          acknowledged += database()
                              .write([&](Connection& tx) -> Status {
                                tx.after_commit([&] { ++told; });
                                RETURN_IF_ERROR(tx.execute("INSERT INTO t(id) VALUES (?)", {t * 100 + i}));
                                return i % 3 == 0 ? invalid("changed my mind") : ok_status();
                              })
                              .ok();
        }
      });
    }
  }
  EXPECT_EQ(acknowledged, 128);
  EXPECT_EQ(told, 128);
  EXPECT_EQ(count(), 128);
}

TEST_P(DatabaseTest, AfterCommitIsCalledOnceAndOnlyForWhatIsKept) {
  std::vector<std::string> calls;
  const auto write = [&](std::string name, Status end) {
    return database().write([&, name, end](Connection& tx) -> Status {
      tx.after_commit([&calls, name] { calls.push_back(name); });
      EXPECT_TRUE(calls.empty() || calls.back() != name);
      return end;
    });
  };
  EXPECT_FALSE(write("refused", invalid("no")).ok());
  EXPECT_TRUE(write("kept", ok_status()).ok());
  EXPECT_TRUE(database().write([](Connection&) { return ok_status(); }).ok());
  EXPECT_EQ(calls, std::vector<std::string>{"kept"});
}

TEST_P(DatabaseTest, AReadSeesOneSnapshotAndChangesNothing) {
  ASSERT_TRUE(insert(1, "one").ok());
  const Status status = database().read([&](Connection& c) -> Status {
    ASSIGN_OR_RETURN(const auto before, c.query_integer("SELECT COUNT(*) FROM t"));
    std::jthread([&] { EXPECT_TRUE(insert(2, "two").ok()); }).join();
    ASSIGN_OR_RETURN(const auto after, c.query_integer("SELECT COUNT(*) FROM t"));
    EXPECT_EQ(before, after);
    return ok_status();
  });
  EXPECT_TRUE(status.ok()) << status.to_string();
  EXPECT_FALSE(database().read([](Connection& c) { return c.execute("DELETE FROM t").status(); }).ok());
  EXPECT_EQ(count(), 2);
}

TEST_P(DatabaseTest, MigrationsRunOnceAndANewerDatabaseIsRefused) {
  EXPECT_TRUE(migrate(database(), "test", {{1, "not run"}, {2, "ALTER TABLE t ADD COLUMN y TEXT"}}).ok());
  EXPECT_EQ(migrate(database(), "test", {{1, ""}}).code(), StatusCode::kFailedPrecondition);
}

TREADLE_ON_BOTH_ENGINES(DatabaseTest);

TEST(Postgres, AnUnreachableServerSaysSo) {
  const auto opened = open_postgres("postgresql://127.0.0.1:1/none?connect_timeout=1");
  EXPECT_EQ(opened.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(opened.status().message().find("check the database URL"), std::string::npos);
}

}  // namespace
}  // namespace treadle::sql
