// What the storage layer does, each beside the limit under it measured in the same run: the disk's own syncs and
// bandwidth, and SQLite without us.
//   storage_bench FOLDER SECONDS-PER-MEASUREMENT
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "storage/blob/blob_store.h"
#include "storage/sql/database.h"

namespace treadle {
namespace {

namespace fs = std::filesystem;

constexpr int kBatch = 1000;
constexpr std::uint64_t kBlobSize = 512u << 20;

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "storage_bench: %s\n", status.to_string().c_str());
  std::exit(1);
}

void row(const char* what, double value, const char* unit, double limit, const char* of) {
  std::printf("%-44s %12.0f %-8s", what, value, unit);
  if (limit > 0) std::printf(" %12.0f %-22s ratio %.2f", limit, of, value / limit);
  std::printf("\n");
  std::fflush(stdout);
}

// Calls a second by so many threads; `work` is told the number of the thread and of its call.
double rate(double seconds, int threads, const std::function<void(int, std::int64_t)>& work) {
  std::atomic<std::int64_t> calls = 0;
  const std::int64_t begin = monotonic_ns(), end = begin + static_cast<std::int64_t>(seconds * 1e9);
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        for (std::int64_t i = 0; monotonic_ns() < end; ++i, ++calls) work(t, i);
      });
    }
  }
  return static_cast<double>(calls) / (static_cast<double>(monotonic_ns() - begin) / 1e9);
}

// An append of 4 KiB and its fdatasync: what one durable commit costs at least.
double syncs(const fs::path& folder, double seconds) {
  const int file = ::open((folder / "syncs").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  const double result = rate(seconds, 1, [&](int, std::int64_t) {
    if (::write(file, page.data(), page.size()) != 4096 || ::fdatasync(file) != 0) std::exit(1);
  });
  ::close(file);
  return result;
}

// SQLite as fast as it goes: one transaction, one prepared statement.
double raw_inserts(const fs::path& folder, double seconds) {
  sqlite3* handle = nullptr;
  sqlite3_stmt* insert = nullptr;
  sqlite3_open((folder / "raw.db").c_str(), &handle);
  sqlite3_exec(handle, "PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT); BEGIN", nullptr,
               nullptr, nullptr);
  sqlite3_prepare_v2(handle, "INSERT INTO t(name) VALUES (?)", -1, &insert, nullptr);
  const double result = rate(seconds, 1, [&](int, std::int64_t) {
    sqlite3_bind_text(insert, 1, "a name", -1, SQLITE_STATIC);
    sqlite3_step(insert);
    sqlite3_reset(insert);
  });
  sqlite3_finalize(insert);
  sqlite3_exec(handle, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  return result;
}

void measure_sql(const fs::path& folder, double seconds) {
  const double disk = syncs(folder, seconds);
  row("disk: 4 KiB append and sync", disk, "/s", 0, "");
  auto database = sql::open_sqlite({.path = (folder / "ours.db").string()});
  must(database.status());
  sql::Database& db = **database;
  must(sql::migrate(db, "bench", {{1, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)"}}));
  const auto one = [&](int, std::int64_t) {
    must(db.write([](sql::Connection& tx) { return tx.execute("INSERT INTO t(name) VALUES ('a name')").status(); }));
  };
  row("durable write, 1 thread", rate(seconds, 1, one), "/s", disk, "syncs of the disk");
  row("durable write, 8 threads", rate(seconds, 8, one), "/s", disk, "syncs of the disk");
  row("durable write, 64 threads", rate(seconds, 64, one), "/s", disk, "syncs of the disk");
  const double raw = raw_inserts(folder, seconds);
  const double batches = rate(seconds, 1, [&](int, std::int64_t) {
    must(db.write([](sql::Connection& tx) -> Status {
      for (int i = 0; i < kBatch; ++i) RETURN_IF_ERROR(tx.execute("INSERT INTO t(name) VALUES (?)", {"a name"}));
      return ok_status();
    }));
  });
  row("rows in durable writes of 1000", batches * kBatch, "/s", raw, "in one transaction");
  row("reads of one row, 4 threads",
      rate(seconds, 4,
           [&](int, std::int64_t i) {
             must(db.read([&](sql::Connection& c) {
               return c.query_text("SELECT name FROM t WHERE id = ?", {i % 1000 + 1}).status();
             }));
           }),
      "/s", 0, "");

  const SystemClock clock;
  events::EventLog log(db, clock);
  must(log.open());
  row("events appended, 16 threads",
      rate(seconds, 16,
           [&](int, std::int64_t) {
             must(db.write([&](sql::Connection& tx) {
               return log.append(tx, {0, 0, "run.created", "run/x", {{"n", 1}}});
             }));
           }),
      "/s", disk, "syncs of the disk");
}

double seconds_of(const std::function<void()>& work) {
  const std::int64_t begin = monotonic_ns();
  work();
  return static_cast<double>(monotonic_ns() - begin) / 1e9;
}

void measure_blobs(const fs::path& folder) {
  const std::string piece(1 << 20, 'x');
  const double megabytes = static_cast<double>(kBlobSize) / 1e6;
  const double raw = seconds_of([&] {
    const int file = ::open((folder / "raw").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    for (std::uint64_t at = 0; at < kBlobSize; at += piece.size()) {
      if (::write(file, piece.data(), piece.size()) < 0) std::exit(1);
    }
    ::fsync(file);
    ::close(file);
  });
  auto store = blob::open_local(folder / "blobs");
  must(store.status());
  const double put = seconds_of([&] {
    auto writer = (*store)->create("a/blob");
    must(writer.status());
    for (std::uint64_t at = 0; at < kBlobSize; at += piece.size()) must((*writer)->write(piece));
    must((*writer)->commit().status());
  });
  row("blob written, hashed, synced", megabytes / put, "MB/s", megabytes / raw, "write and sync alone");
  std::string buffer(1 << 20, '\0');
  const double raw_read = seconds_of([&] {
    const int file = ::open((folder / "raw").c_str(), O_RDONLY | O_CLOEXEC);
    while (::read(file, buffer.data(), buffer.size()) > 0) {
    }
    ::close(file);
  });
  const double get = seconds_of([&] {
    auto reader = (*store)->open("a/blob");
    must(reader.status());
    while (true) {
      const auto count = (*reader)->read(buffer.data(), buffer.size());
      must(count.status());
      if (*count == 0) break;
    }
  });
  row("blob read", megabytes / get, "MB/s", megabytes / raw_read, "read alone");
}

}  // namespace
}  // namespace treadle

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  treadle::measure_sql(argv[1], std::atof(argv[2]));
  treadle::measure_blobs(argv[1]);
  return 0;
}
