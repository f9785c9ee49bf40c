// Webhooks: URLs that are told, by a signed POST, what happens to registered models and prompts.
//
//   Service webhooks(database, events, clock, post, sealer, options);
//   RETURN_IF_ERROR(webhooks.open());   // tables
//   RETURN_IF_ERROR(webhooks.start());  // follows the event log and delivers, on threads of its own
//
// An event becomes deliveries in the transaction that moves the cursor past it, so none is lost or made twice; a
// delivery is tried until it is answered or given up, also across a restart, so its receiver may see it twice.
// All methods are thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/sealed.h"
#include "domains/events/event_log.h"
#include "domains/webhooks/types.h"
#include "storage/sql/database.h"

namespace treadle::webhooks {

class Service {
 public:
  static constexpr int kAttempts = 4;                   // as MLflow: once, and three times more
  static constexpr std::int64_t kMostWaiting = 10'000;  // deliveries; more are dropped, and the log says so
  static constexpr std::int64_t kMostWebhooks = 1000;
  static constexpr std::int64_t kLeaseMs = 30'000;  // longer than one try takes

  Service(sql::Database& database, events::EventLog& events, const Clock& clock, Post post, const Sealer& sealer,
          Options options);
  // As by stop().
  ~Service();
  Status open();
  Status start();
  // Finishes the deliveries under way. Idempotent.
  void stop();

  // Name, URL and events are checked. Webhooks that are handed out hold their secret sealed. It is told of what happens
  // from now on.
  StatusOr<Webhook> create(Webhook webhook);
  StatusOr<Webhook> get(const std::string& id);
  StatusOr<Page> list(std::int64_t limit, std::int64_t offset);
  StatusOr<Webhook> update(const std::string& id, const Change& change);
  Status remove(const std::string& id);
  // Sends an example of `event`, or of the first of its events when that is empty, and waits for the answer.
  StatusOr<Answer> test(const std::string& id, const std::string& event);

 private:
  Status check(const Webhook& webhook) const;
  StatusOr<std::string> sealed(const std::string& id, const std::string& secret) const;
  void follow(const std::stop_token& stop);
  StatusOr<bool> consume();
  void deliver(const std::stop_token& stop);
  // False when nothing was due.
  StatusOr<bool> deliver_one();
  Status settle(const Delivery& delivery, const StatusOr<Answer>& answer);
  StatusOr<Answer> send(const Webhook& webhook, const Delivery& delivery);
  void wake_senders();

  sql::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
  const Post post_;
  const Sealer sealer_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool news_ = true;
  std::uint64_t due_ = 0;  // grows whenever there may be something to send
  std::unique_ptr<events::EventLog::Subscription> subscription_;
  std::int64_t read_to_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace treadle::webhooks
