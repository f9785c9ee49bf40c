// SQLite with one writer thread that commits groups, and a pool of readers. A caller of write() waits until the group
// its work was in is on disk; one fsync serves the whole group, so many small writes cost little more than one.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>

#include "base/log.h"
#include "storage/sql/sqlite_connection.h"

namespace treadle::sql {
namespace {

constexpr std::size_t kMaxGroup = 512;
constexpr int kImpatientMs = 100;

// One write() that waits: its result is set before `done`. Each is woken by itself: one condition for all would wake
// every waiting request after every group, only to wait again.
struct Job {
  explicit Job(const std::function<Status(Connection&)>& w) : work(&w) {}
  const std::function<Status(Connection&)>* work;
  Status result;
  std::binary_semaphore done{0};
};

using Group = std::vector<std::shared_ptr<Job>>;

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const SqliteOptions& options, std::unique_ptr<SqliteConnection> writer)
      : options_(options), writer_(std::move(writer)), thread_([this] { run_writer(); }) {}

  ~SqliteDatabase() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_ready_.notify_all();
  }

  Dialect dialect() const override { return Dialect::kSqlite; }

  Status read(const std::function<Status(Connection&)>& work) override {
    ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> reader, take_reader());
    Status status = reader->execute("BEGIN").status();
    if (status.ok()) {
      status = work(*reader);
      const Status ended = reader->execute("COMMIT").status();
      if (!ended.ok()) return status.ok() ? ended : status;  // a broken reader is not given back
    }
    give_back(std::move(reader));
    return status;
  }

  Status write(const std::function<Status(Connection&)>& work) override {
    // Shared: the writer's release() may still be at it when the caller has gone on.
    const auto job = std::make_shared<Job>(work);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return unavailable("the database is closing");
      if (queue_.size() >= options_.max_queued_writes) {
        return resource_exhausted("more than ", options_.max_queued_writes, " writes are waiting; try again later");
      }
      queue_.push_back(job);
    }
    work_ready_.notify_one();
    job->done.acquire();
    return std::move(job->result);
  }

 private:
  StatusOr<std::unique_ptr<SqliteConnection>> take_reader() {
    {
      std::unique_lock lock(readers_mutex_);
      reader_free_.wait(lock, [this] { return !readers_.empty() || readers_open_ < options_.readers; });
      if (!readers_.empty()) {
        auto reader = std::move(readers_.back());
        readers_.pop_back();
        return reader;
      }
      ++readers_open_;
    }
    auto reader = SqliteConnection::open(options_.path, true);
    if (!reader.ok()) forget_reader();
    return reader;
  }

  void forget_reader() {
    const std::lock_guard lock(readers_mutex_);
    --readers_open_;
    reader_free_.notify_one();
  }

  void give_back(std::unique_ptr<SqliteConnection> reader) {
    const std::lock_guard lock(readers_mutex_);
    readers_.push_back(std::move(reader));
    reader_free_.notify_one();
  }

  // What waits, at most a group of it; empty once the database closes.
  Group next_group() {
    std::unique_lock lock(mutex_);
    work_ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    const auto size = static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxGroup));
    Group group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.begin() + size));
    queue_.erase(queue_.begin(), queue_.begin() + size);
    return group;
  }

  void run_writer() {
    for (Group group = next_group(); !group.empty(); group = next_group()) {
      commit_group(group);
      for (const auto& job : group) job->done.release();
    }
  }

  Status run_group(const Group& group) {
    const Status begun = writer_->execute("BEGIN IMMEDIATE").status();
    // Who waited long once finds no use in every later group waiting as long again, with the requests of readers
    // behind.
    writer_->wait_for_others(begun.ok() ? SqliteConnection::kWaitMs : kImpatientMs);
    RETURN_IF_ERROR(begun);
    for (const auto& job : group) {
      job->result = run_one(*job->work);
      // On a full disk SQLite itself gives up the whole transaction. Works that came after would each be one of their
      // own.
      if (!writer_->in_transaction()) return job->result.ok() ? unavailable("the transaction was lost") : job->result;
    }
    return writer_->execute("COMMIT").status();
  }

  void commit_group(const Group& group) {
    const Status status = run_group(group);
    // Nothing of the group became durable, so nothing of it may be acknowledged.
    if (!status.ok() && writer_->in_transaction()) {
      const Status rolled_back = writer_->execute("ROLLBACK").status();
      if (!rolled_back.ok()) log_error("rollback failed", {{"error", rolled_back.to_string()}});
    }
    const auto calls = std::exchange(after_commit_, {});
    if (status.ok()) {
      for (const auto& call : calls) call();
      return;
    }
    for (const auto& job : group) {
      if (job->result.ok()) job->result = status;
    }
  }

  // A savepoint each, so that one failing work does not take the others of its group with it.
  Status run_one(const std::function<Status(Connection&)>& work) {
    RETURN_IF_ERROR(writer_->execute("SAVEPOINT one").status());
    Status status = work(*writer_);
    if (!status.ok()) RETURN_IF_ERROR(writer_->execute("ROLLBACK TO one").status());
    RETURN_IF_ERROR(writer_->execute("RELEASE one").status());
    auto calls = writer_->take_after_commit();
    if (status.ok()) std::move(calls.begin(), calls.end(), std::back_inserter(after_commit_));
    return status;
  }

  const SqliteOptions options_;
  std::unique_ptr<SqliteConnection> writer_;
  std::vector<std::function<void()>> after_commit_;  // of the group; only the writer thread touches it

  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::deque<std::shared_ptr<Job>> queue_;
  bool stopping_ = false;

  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<SqliteConnection>> readers_;
  std::size_t readers_open_ = 0;

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace

StatusOr<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<SqliteConnection> writer, SqliteConnection::open(options.path, false));
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(options, std::move(writer)));
}

}  // namespace treadle::sql
