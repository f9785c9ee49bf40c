#include "domains/tracking/log_announcer.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace treadle::tracking {
namespace {

constexpr auto kPause = std::chrono::seconds(1);

}  // namespace

LogAnnouncer::LogAnnouncer(sql::Database& database, events::EventLog& events)
    : database_(database), events_(events), thread_([this](const std::stop_token& stop) { run(stop); }) {}

LogAnnouncer::~LogAnnouncer() {
  thread_.request_stop();
  thread_.join();
}

void LogAnnouncer::announce(const events::Event& event) {
  {
    const std::lock_guard lock(mutex_);
    pending_.try_emplace(event.subject, event);
  }
  wake_.notify_one();
}

void LogAnnouncer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !pending_.empty(); })) {
    const auto pending = std::exchange(pending_, {});
    lock.unlock();
    write(pending);
    lock.lock();
    wake_.wait_for(lock, stop, kPause, [] { return false; });
  }
  const auto rest = std::exchange(pending_, {});
  lock.unlock();
  if (!rest.empty()) write(rest);
}

void LogAnnouncer::write(const std::map<std::string, events::Event>& pending) {
  const Status written = database_.write([&](sql::Connection& tx) {
    for (const auto& [subject, event] : pending) RETURN_IF_ERROR(events_.append(tx, event));
    return ok_status();
  });
  if (!written.ok()) log_warning("runs were logged to, but the event is lost", {{"error", written.to_string()}});
}

}  // namespace treadle::tracking
