// The event log: every state change appends a row in the same transaction that makes it. Automation, lineage, live
// pages and webhooks read it with their own cursors; nobody is called, nothing polls tables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "storage/sql/database.h"

namespace treadle::events {

struct Event {
  std::int64_t sequence = 0;  // assigned by append; strictly increasing, gaps possible
  std::int64_t time_ms = 0;   // assigned by append
  std::string type;           // "run.finished", "alert.raised" … past tense: it has happened
  std::string subject;        // "run/4f…", "deployment/energy-demand": what it happened to
  Json payload = Json::object();
};

class EventLog {
 public:
  EventLog(sql::Database& database, const Clock& clock);
  ~EventLog();
  // Creates the tables.
  Status open();

  // Inside the transaction that makes the change. Call from any write().
  Status append(sql::Connection& tx, const Event& event);
  // Events with sequence > after, oldest first, at most `limit`. `type_prefix` "" means all.
  StatusOr<std::vector<Event>> read(std::int64_t after, std::size_t limit, std::string_view type_prefix = "");
  // As read(), for who follows the log: moves `after` past everything that was looked at, also where nothing was of the
  // type, so that the next call does not look at it again.
  StatusOr<std::vector<Event>> next(std::int64_t& after, std::size_t limit, std::string_view type_prefix = "");
  StatusOr<std::int64_t> last_sequence();

  // A named consumer's place; 0 before the first time. Saved in the consumer's own transaction when it has one.
  StatusOr<std::int64_t> cursor(std::string_view consumer);
  Status save_cursor(sql::Connection& tx, std::string_view consumer, std::int64_t sequence);

  // `on_new` is called (from a thread of the log's, quickly, no arguments) soon after new events became durable and at
  // most once for many. Dropping the subscription waits for a call that is under way.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  std::unique_ptr<Subscription> subscribe(std::function<void()> on_new);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treadle::events
