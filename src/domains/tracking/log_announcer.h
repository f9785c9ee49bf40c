// Tells the event log that runs were logged to: at once when it is quiet, at most once per run and second, all runs of
// a second in one transaction. A training that logs a thousand times a second would otherwise fill the log with events
// that say the same. What was logged is durable before; an announcement that a crash prevents is lost.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "domains/events/event_log.h"
#include "storage/sql/database.h"

namespace treadle::tracking {

// Thread-safe.
class LogAnnouncer {
 public:
  LogAnnouncer(sql::Database& database, events::EventLog& events);
  ~LogAnnouncer();
  // Quick: callable from after_commit().
  void announce(const events::Event& event);

 private:
  void run(const std::stop_token& stop);
  void write(const std::map<std::string, events::Event>& pending);

  sql::Database& database_;
  events::EventLog& events_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, events::Event> pending_;  // by subject
  std::jthread thread_;                           // last: it uses everything above
};

}  // namespace treadle::tracking
