// Following the event log: decide in the transaction that moves the cursor, submit afterwards, settle when runs end.
#include <algorithm>
#include <set>

#include "base/ids.h"
#include "base/log.h"
#include "domains/automation/service.h"
#include "domains/automation/store.h"
#include "domains/automation/template.h"

namespace treadle::automation {
namespace {

constexpr std::string_view kConsumer = "automation";
constexpr std::size_t kEventsAtOnce = 500;
constexpr std::chrono::seconds kRetryAfter{1};
constexpr const char* kTruths = "truths.joined";
// After so many events that no trigger reacts to, the place is saved all the same: a start need not read them again.
constexpr std::int64_t kSaveEvery = 10'000;

bool matches(const Condition& condition, const events::Event& event) {
  return std::all_of(condition.where.begin(), condition.where.end(), [&](const auto& wanted) {
    const auto field = event.payload.find(wanted.first);
    if (field == event.payload.end()) return false;
    return field->is_string() ? field->template get_ref<const std::string&>() == wanted.second
                              : to_text(*field) == wanted.second;
  });
}

std::string reason_of(const events::Event& event) {
  const auto message = event.payload.find("message");
  return message != event.payload.end() && message->is_string() ? message->get<std::string>() : event.type;
}

// Whether the firing may start now, else it is skipped and says why.
Status admit(sql::Connection& tx, const Trigger& trigger, Firing& firing) {
  ASSIGN_OR_RETURN(const std::int64_t active, count_active(tx, trigger.name));
  ASSIGN_OR_RETURN(const auto last, last_fired(tx, trigger.name));
  if (active >= trigger.max_concurrent) {
    firing.state = FiringState::kSkipped;
    firing.outcome = str_cat("skipped: ", active, " run under way, at most ", trigger.max_concurrent);
  } else if (last && firing.time_ms - *last < trigger.cooldown_ms) {
    firing.state = FiringState::kSkipped;
    firing.outcome = str_cat("skipped: cooling down for ", trigger.cooldown_ms - (firing.time_ms - *last), " ms more");
  }
  return ok_status();
}

}  // namespace

Status Service::start() {
  subscription_ = events_.subscribe([this] {
    {
      const std::lock_guard lock(mutex_);
      news_ = true;
    }
    wake_.notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return ok_status();
}

void Service::stop() {
  subscription_.reset();
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Service::run(const std::stop_token& stop) {
  // What a crash may have left: firings not handed over, runs that ended meanwhile.
  bool again = true;
  while (!stop.stop_requested()) {
    StatusOr<bool> dispatched = true;
    Status status = settle_finished();
    while (status.ok() && !stop.stop_requested()) {
      const auto read = consume();
      status = read.status();
      if (!read.ok() || *read == Read::kNothing) break;
      if (*read == Read::kNothingForUs) continue;
      dispatched = dispatch();
      status = dispatched.status();
      if (status.ok()) status = settle_finished();
    }
    if (status.ok() && again) {
      dispatched = dispatch();
      status = dispatched.status();
    }
    if (!status.ok()) log_warning("automation will try again", {{"error", status.to_string()}});
    again = !status.ok() || !*dispatched;
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return news_; };
    if (again) {
      wake_.wait_for(lock, stop, kRetryAfter, ready);
    } else {
      wake_.wait(lock, stop, ready);
    }
    news_ = false;
  }
}

StatusOr<Service::Read> Service::consume() {
  if (read_to_ < 0) {
    ASSIGN_OR_RETURN(saved_, events_.cursor(kConsumer));
    read_to_ = saved_;
  }
  std::int64_t place = read_to_;
  ASSIGN_OR_RETURN(const std::vector<events::Event> events, events_.next(place, kEventsAtOnce));
  if (events.empty()) return Read::kNothing;
  std::set<std::string> watched;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(watched, watched_events(connection));
    return ok_status();
  }));
  watched.insert(kTruths);
  const bool ours = std::any_of(events.begin(), events.end(),
                                [&](const events::Event& event) { return watched.contains(event.type); });
  if (!ours && place - saved_ < kSaveEvery) {
    // Not worth a write: who starts from the saved place finds nothing up to here either, as triggers react to what
    // comes after them only.
    read_to_ = place;
    return Read::kNothingForUs;
  }
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    for (const events::Event& event : events) RETURN_IF_ERROR(react(tx, event));
    return events_.save_cursor(tx, kConsumer, place);
  }));
  read_to_ = saved_ = place;
  return ours ? Read::kReacted : Read::kNothingForUs;
}

Status Service::react(sql::Connection& tx, const events::Event& event) {
  if (event.type == kTruths && event.payload.contains("until")) {
    RETURN_IF_ERROR(remember_until(tx, event.payload.value("deployment", ""), event.payload.value("until", "")));
  }
  ASSIGN_OR_RETURN(const std::vector<Trigger> triggers, triggers_for(tx, event.type, event.sequence));
  for (const Trigger& trigger : triggers) {
    if (!matches(trigger.on, event)) continue;
    Firing firing;
    firing.id = new_ulid();
    firing.trigger = trigger.name;
    firing.time_ms = clock_.now_ms();
    firing.reason = reason_of(event);
    firing.event_sequence = event.sequence;
    firing.subject = event.subject;
    firing.action = trigger.action;
    RETURN_IF_ERROR(admit(tx, trigger, firing));
    if (firing.state == FiringState::kPending) {
      auto filled = fill_template(trigger.action.parameters, event.payload);
      if (filled.ok()) {
        firing.action.parameters = std::move(*filled);
        firing.run_id = new_ordered_hex_id();
      } else {
        firing.state = FiringState::kFailed;
        firing.outcome = filled.status().message();
      }
    }
    RETURN_IF_ERROR(insert_firing(tx, firing));
    RETURN_IF_ERROR(events_.append(tx, {0,
                                        0,
                                        "trigger.fired",
                                        str_cat("trigger/", trigger.name),
                                        {{"trigger", trigger.name},
                                         {"id", firing.id},
                                         {"state", to_string(firing.state)},
                                         {"run_id", firing.run_id},
                                         {"reason", firing.reason},
                                         {"about", event.subject},
                                         {"event_sequence", event.sequence}}}));
  }
  return ok_status();
}

StatusOr<bool> Service::dispatch() {
  const std::lock_guard one_at_a_time(dispatching_);
  std::vector<Firing> pending;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(pending, firings_in(connection, FiringState::kPending));
    return ok_status();
  }));
  bool all = true;
  for (const Firing& firing : pending) {
    const Status status = launcher_.launch(firing.run_id, firing.action, str_cat(firing.trigger, ": ", firing.reason));
    if (status.code() == StatusCode::kUnavailable) {
      all = false;
      continue;
    }
    if (status.ok()) {
      RETURN_IF_ERROR(database_.write(
          [&](sql::Connection& tx) { return update_firing(tx, firing.id, FiringState::kRunning, ""); }));
    } else {
      RETURN_IF_ERROR(settle(firing, FiringState::kFailed, status.message()));
    }
  }
  return all;
}

Status Service::settle_finished() {
  std::vector<Firing> running;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(running, firings_in(connection, FiringState::kRunning));
    return ok_status();
  }));
  for (const Firing& firing : running) {
    const auto progress = launcher_.progress(firing.run_id);
    if (progress.status().code() == StatusCode::kNotFound) {
      RETURN_IF_ERROR(settle(firing, FiringState::kFailed, "its run was deleted"));
    } else if (!progress.ok()) {
      return progress.status();
    } else if (progress->state != FiringState::kRunning) {
      RETURN_IF_ERROR(settle(firing, progress->state, progress->outcome));
    }
  }
  return ok_status();
}

Status Service::settle(const Firing& firing, FiringState state, const std::string& outcome) {
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(update_firing(tx, firing.id, state, outcome));
    return events_.append(tx, {0,
                               0,
                               "trigger.finished",
                               str_cat("trigger/", firing.trigger),
                               {{"trigger", firing.trigger},
                                {"id", firing.id},
                                {"run_id", firing.run_id},
                                {"state", to_string(state)},
                                {"outcome", outcome}}});
  });
}

}  // namespace treadle::automation
