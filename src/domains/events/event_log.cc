#include "domains/events/event_log.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace treadle::events {
namespace {

const std::vector<sql::Migration> kMigrations = {
    {1,
     "CREATE TABLE events(sequence INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, type TEXT NOT NULL,"
     " subject TEXT NOT NULL, payload TEXT NOT NULL);"
     "CREATE INDEX events_by_type ON events(type, sequence);"
     "CREATE TABLE event_cursors(consumer TEXT PRIMARY KEY, sequence INTEGER NOT NULL)",
     "CREATE TABLE events(sequence BIGSERIAL PRIMARY KEY, time_ms BIGINT NOT NULL, type TEXT NOT NULL,"
     " subject TEXT NOT NULL, payload TEXT NOT NULL);"
     "CREATE INDEX events_by_type ON events(type, sequence);"
     "CREATE TABLE event_cursors(consumer TEXT PRIMARY KEY, sequence BIGINT NOT NULL)"}};

}  // namespace

// One thread tells subscribers, so that none of them holds up a commit. The database raises its flag after the commit.
struct EventLog::Impl {
  Impl(sql::Database& database_ref, const Clock& clock_ref) : database(database_ref), clock(clock_ref) {}

  struct Listener {
    std::function<void()> on_new;
    std::mutex calling;
  };

  class Handle final : public Subscription {
   public:
    Handle(Impl& impl, std::shared_ptr<Listener> listener) : impl_(impl), listener_(std::move(listener)) {}
    ~Handle() override {
      {
        const std::lock_guard lock(impl_.mutex);
        impl_.listeners.remove(listener_);
      }
      const std::lock_guard wait_for_call(listener_->calling);
      listener_->on_new = nullptr;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    Impl& impl_;
    std::shared_ptr<Listener> listener_;  // shared: a call may be under way while the subscriber goes
  };

  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return news || stop.stop_requested(); });
      if (stop.stop_requested()) return;
      news = false;
      lock.unlock();
      call_listeners();
      lock.lock();
    }
  }

  void tell() {
    {
      const std::lock_guard lock(mutex);
      news = true;
    }
    wake.notify_all();
  }

  void call_listeners() {
    std::vector<std::shared_ptr<Listener>> current;
    {
      const std::lock_guard lock(mutex);
      current.assign(listeners.begin(), listeners.end());
    }
    for (const auto& listener : current) {
      const std::lock_guard calling(listener->calling);
      if (listener->on_new) listener->on_new();
    }
  }

  StatusOr<std::int64_t> newest() {
    std::int64_t sequence = 0;
    RETURN_IF_ERROR(database.read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const auto found, connection.query_integer("SELECT MAX(sequence) FROM events"));
      sequence = found.value_or(0);
      return ok_status();
    }));
    return sequence;
  }

  sql::Database& database;
  const Clock& clock;
  std::mutex mutex;
  std::condition_variable wake;
  bool news = false;
  std::list<std::shared_ptr<Listener>> listeners;
  std::jthread teller;
};

EventLog::EventLog(sql::Database& database, const Clock& clock) : impl_(std::make_unique<Impl>(database, clock)) {}

EventLog::~EventLog() {
  impl_->teller.request_stop();
  {
    // Under the lock, so that the teller is either before its check or already waiting.
    const std::lock_guard lock(impl_->mutex);
  }
  impl_->wake.notify_all();
}

Status EventLog::open() {
  RETURN_IF_ERROR(sql::migrate(impl_->database, "events", kMigrations));
  impl_->teller = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
  return ok_status();
}

Status EventLog::append(sql::Connection& tx, const Event& event) {
  RETURN_IF_ERROR(tx.execute("INSERT INTO events(time_ms, type, subject, payload) VALUES (?, ?, ?, ?)",
                             {impl_->clock.now_ms(), event.type, event.subject, to_text(event.payload)}));
  tx.after_commit([impl = impl_.get()] { impl->tell(); });
  return ok_status();
}

StatusOr<std::vector<Event>> EventLog::read(std::int64_t after, std::size_t limit, std::string_view type_prefix) {
  return next(after, limit, type_prefix);
}

StatusOr<std::vector<Event>> EventLog::next(std::int64_t& after, std::size_t limit, std::string_view type_prefix) {
  std::vector<Event> events;
  std::int64_t newest = 0;
  // The character after every printable one closes the range of the prefix.
  const std::string type_end = str_cat(type_prefix, "\x7f");
  const auto on_row = [&](const sql::Row& row) -> Status {
    ASSIGN_OR_RETURN(Json payload, parse_json(row.text(4)));
    events.push_back({row.integer(0), row.integer(1), row.string(2), row.string(3), std::move(payload)});
    return ok_status();
  };
  RETURN_IF_ERROR(impl_->database.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const auto last, connection.query_integer("SELECT MAX(sequence) FROM events"));
    newest = last.value_or(0);
    if (newest <= after) return ok_status();
    return connection.query(
        "SELECT sequence, time_ms, type, subject, payload FROM events WHERE sequence > ? AND type >= ? AND type < ?"
        " ORDER BY sequence LIMIT ?",
        {after, type_prefix, type_end, static_cast<std::int64_t>(limit)}, on_row);
  }));
  after = events.size() == limit && limit > 0 ? events.back().sequence : std::max(after, newest);
  return events;
}

StatusOr<std::int64_t> EventLog::last_sequence() { return impl_->newest(); }

StatusOr<std::int64_t> EventLog::cursor(std::string_view consumer) {
  std::int64_t sequence = 0;
  RETURN_IF_ERROR(impl_->database.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const auto found,
                     connection.query_integer("SELECT sequence FROM event_cursors WHERE consumer = ?", {consumer}));
    sequence = found.value_or(0);
    return ok_status();
  }));
  return sequence;
}

Status EventLog::save_cursor(sql::Connection& tx, std::string_view consumer, std::int64_t sequence) {
  return tx
      .execute(
          "INSERT INTO event_cursors(consumer, sequence) VALUES (?, ?)"
          " ON CONFLICT(consumer) DO UPDATE SET sequence = excluded.sequence",
          {consumer, sequence})
      .status();
}

std::unique_ptr<EventLog::Subscription> EventLog::subscribe(std::function<void()> on_new) {
  auto listener = std::make_shared<Impl::Listener>();
  listener->on_new = std::move(on_new);
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->listeners.push_back(listener);
  }
  return std::make_unique<Impl::Handle>(*impl_, std::move(listener));
}

}  // namespace treadle::events
