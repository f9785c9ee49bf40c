// Following the event log and sending what it tells.
#include <algorithm>

#include "base/ids.h"
#include "base/log.h"
#include "domains/webhooks/payloads.h"
#include "domains/webhooks/service.h"
#include "domains/webhooks/store.h"

namespace treadle::webhooks {
namespace {

constexpr std::string_view kConsumer = "webhooks", kTypes = "model";
constexpr std::size_t kEventsAtOnce = 100;
constexpr std::chrono::seconds kRetryAfter{1};
constexpr std::chrono::minutes kLongestSleep{1};
constexpr std::int64_t kFirstPauseMs = 1000, kLongestPauseMs = 60'000;

// The receiver may manage it later: too busy, or broken just now.
bool worth_another_try(const StatusOr<Answer>& answer) {
  if (!answer.ok()) return answer.status().code() != StatusCode::kInvalidArgument;
  return answer->status == 429 || answer->status >= 500;
}

}  // namespace

Status Service::start() {
  ASSIGN_OR_RETURN(read_to_, events_.cursor(kConsumer));
  subscription_ = events_.subscribe([this] {
    {
      const std::lock_guard lock(mutex_);
      news_ = true;
    }
    wake_.notify_all();
  });
  threads_.emplace_back([this](const std::stop_token& stop) { follow(stop); });
  for (unsigned i = 0; i < options_.senders; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { deliver(stop); });
  }
  return ok_status();
}

void Service::stop() {
  subscription_.reset();
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void Service::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::lock_guard lock(mutex_);
      news_ = false;
    }
    StatusOr<bool> more = true;
    while (more.ok() && *more && !stop.stop_requested()) more = consume();
    if (!more.ok()) log_warning("webhooks will try again", {{"error", more.status().to_string()}});
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return news_; };
    if (more.ok()) {
      wake_.wait(lock, stop, ready);
    } else {
      wake_.wait_for(lock, stop, kRetryAfter, [] { return false; });
    }
  }
}

StatusOr<bool> Service::consume() {
  std::int64_t place = read_to_;
  ASSIGN_OR_RETURN(const auto events, events_.next(place, kEventsAtOnce, kTypes));
  if (events.empty()) {
    // Not worth a write: from the stored place on there is nothing for us up to here.
    read_to_ = place;
    return false;
  }
  bool told = false;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(std::int64_t waiting, store::count_deliveries(tx));
    for (const events::Event& event : events) {
      const auto message = message_of(event);
      if (!message) continue;
      ASSIGN_OR_RETURN(const auto webhooks, store::webhooks_for(tx, event.sequence));
      for (const Webhook& webhook : webhooks) {
        if (std::find(webhook.events.begin(), webhook.events.end(), message->event) == webhook.events.end()) continue;
        if (++waiting > kMostWaiting) {
          log_error("too many webhook deliveries wait; one is dropped",
                    {{"webhook", webhook.name}, {"event", message->event}});
          continue;
        }
        const Delivery delivery{hex_to_uuid(new_hex_id()), webhook.id, message->event,
                                body_of(message->event, message->data, event.time_ms)};
        RETURN_IF_ERROR(store::insert_delivery(tx, delivery, clock_.now_ms()));
        told = true;
      }
    }
    return events_.save_cursor(tx, kConsumer, place);
  }));
  read_to_ = place;
  if (told) wake_senders();
  return true;
}

void Service::wake_senders() {
  {
    const std::lock_guard lock(mutex_);
    ++due_;
  }
  wake_.notify_all();
}

void Service::deliver(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = due_;
    }
    StatusOr<bool> more = true;
    while (more.ok() && *more && !stop.stop_requested()) more = deliver_one();
    std::optional<std::int64_t> next;
    if (more.ok()) {
      const Status read = database_.read([&](sql::Connection& connection) -> Status {
        ASSIGN_OR_RETURN(next, store::next_due(connection));
        return ok_status();
      });
      if (!read.ok()) more = read;
    }
    if (!more.ok()) log_warning("webhook deliveries will be tried again", {{"error", more.status().to_string()}});
    std::chrono::milliseconds sleep = more.ok() ? std::chrono::milliseconds(kLongestSleep) : kRetryAfter;
    if (next)
      sleep = std::clamp(std::chrono::milliseconds(*next - clock_.now_ms()), std::chrono::milliseconds(10), sleep);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, sleep, [&] { return due_ != seen; });
  }
}

StatusOr<bool> Service::deliver_one() {
  std::optional<Delivery> delivery;
  StatusOr<Webhook> webhook = not_found("");
  // Most wake-ups find nothing; that needs no transaction.
  std::optional<std::int64_t> next;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(next, store::next_due(connection));
    return ok_status();
  }));
  const std::int64_t now = clock_.now_ms();
  if (!next || *next > now) return false;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(delivery, store::take_due(tx, now, now + kLeaseMs));
    if (delivery) webhook = store::load_webhook(tx, delivery->webhook_id);
    return ok_status();
  }));
  if (!delivery) return false;
  ++delivery->attempts;
  StatusOr<Answer> answer = Status(StatusCode::kInvalidArgument, "the webhook is gone or disabled");
  if (webhook.ok() && webhook->active) answer = send(*webhook, *delivery);
  RETURN_IF_ERROR(settle(*delivery, answer));
  return true;
}

Status Service::settle(const Delivery& delivery, const StatusOr<Answer>& answer) {
  const bool done = answer.ok() && is_success(*answer);
  const bool again = !done && worth_another_try(answer) && delivery.attempts < kAttempts;
  if (!done && !again) {
    log_error("a webhook delivery was given up",
              {{"webhook", delivery.webhook_id},
               {"event", delivery.event},
               {"attempts", delivery.attempts},
               {"error", answer.ok() ? str_cat("answered ", answer->status) : answer.status().message()}});
  }
  return database_.write([&](sql::Connection& tx) {
    if (!again) return store::delete_delivery(tx, delivery.id);
    const std::int64_t pause = std::min(kFirstPauseMs << (delivery.attempts - 1), kLongestPauseMs);
    return store::postpone(tx, delivery.id, delivery.attempts, clock_.now_ms() + pause);
  });
}

}  // namespace treadle::webhooks
