#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "base/worker_pool.h"

namespace treadle {
namespace {

TEST(Status, InvalidFieldNamesTheField) {
  const Status status = with_context(invalid_field("max_results", "must be at most ", 10), "search");
  EXPECT_EQ(status.message(), "search: max_results: must be at most 10");
  EXPECT_EQ(status.field(), "max_results");
}

TEST(Time, RoundTripsAndReadsItsVariants) {
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(1), "1970-01-01T00:00:00.001Z");
  for (const char* text : {"2014-11-01T00:30:00Z", "2014-11-01 00:30", "2014-11-01T10:30:00+10:00"}) {
    ASSERT_TRUE(parse_time(text).ok()) << text;
    EXPECT_EQ(format_rfc3339(*parse_time(text)), "2014-11-01T00:30:00Z");
  }
  EXPECT_FALSE(parse_time("yesterday").ok());
  const CivilTime day = civil_time(*parse_time("2014-12-31"));
  EXPECT_EQ(day.weekday, 2);  // a Wednesday
  EXPECT_EQ(day.day_of_year, 365);
}

TEST(Ids, AreUniqueAndHaveTheirForms) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(new_hex_id());
  EXPECT_EQ(seen.size(), 1000u);
  const std::string id = *seen.begin();
  EXPECT_TRUE(is_hex_id(id));
  EXPECT_EQ(hex_to_uuid(id).size(), 36u);
  EXPECT_EQ(uuid_to_hex(hex_to_uuid(id)), id);
  EXPECT_EQ(new_ulid().size(), 26u);
  EXPECT_EQ(new_ulid()[0], '0');
}

TEST(Json, ErrorsSayWhere) {
  EXPECT_FALSE(parse_json("{\"a\":").ok());
  EXPECT_FALSE(parse_json(std::string(1000, '[') + std::string(1000, ']')).ok());
  const Json body = *parse_json(R"({"n":"42","s":3})");
  EXPECT_EQ(*required_int(body, "n"), 42);
  EXPECT_EQ(required_string(body, "s").status().field(), "s");
  EXPECT_EQ(required_string(body, "missing").status().field(), "missing");
}

TEST(Hash, KnownVector) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Files, AtomicWriteReplaces) {
  auto dir = TempDir::create();
  ASSERT_TRUE(dir.ok());
  const auto path = dir->path() / "x";
  ASSERT_TRUE(write_file_atomic(path, "one").ok());
  ASSERT_TRUE(write_file_atomic(path, "two").ok());
  EXPECT_EQ(*read_file(path), "two");
  EXPECT_FALSE(read_file(path, 2).ok());
}

TEST(WorkerPool, RunsAcceptedJobsAndRefusesBeyondItsQueue) {
  std::atomic<int> done = 0;
  std::atomic<bool> go = false;
  int accepted = 0;
  {
    WorkerPool pool(1, 2);
    for (int i = 0; i < 10; ++i) {
      accepted += pool.try_submit([&] {
        while (!go) std::this_thread::yield();
        ++done;
      });
    }
    EXPECT_LT(accepted, 10);
    go = true;
  }
  EXPECT_EQ(done, accepted);
}

}  // namespace
}  // namespace treadle
