#include "domains/automation/service.h"

#include <algorithm>

#include "base/ids.h"
#include "base/log.h"
#include "domains/automation/store.h"
#include "domains/automation/template.h"

namespace treadle::automation {
namespace {

Status check_trigger(const Trigger& trigger) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  if (trigger.name.empty() || trigger.name.size() > 128 ||
      !std::all_of(trigger.name.begin(), trigger.name.end(), plain)) {
    return invalid_field("name", "must be 1 to 128 letters, digits, '.', '_' and '-'");
  }
  if (trigger.on.event.starts_with("trigger.")) {
    return invalid_field("on.event", "a trigger cannot react to triggers, it would never end");
  }
  if (trigger.action.pipeline.empty()) return invalid_field("action.run_pipeline", "must name a stored pipeline");
  if (!trigger.action.parameters.is_object()) return invalid_field("action.parameters", "must be an object");
  if (trigger.cooldown_ms < 0) return invalid_field("cooldown_ms", "must not be negative");
  if (trigger.max_concurrent < 1 || trigger.max_concurrent > 100) {
    return invalid_field("max_concurrent", "must be between 1 and 100, got ", trigger.max_concurrent);
  }
  return ok_status();
}

Status trigger_missing(std::string_view name, const std::vector<Trigger>& known) {
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const Trigger& trigger : known) names.push_back(trigger.name);
  const std::string near = nearest_word(name, names);
  return not_found("no trigger is named \"", name, "\"", near.empty() ? "" : str_cat("; did you mean \"", near, "\"?"));
}

}  // namespace

Service::Service(sql::Database& database, events::EventLog& events, const Clock& clock, PipelineLauncher& launcher)
    : database_(database), events_(events), clock_(clock), launcher_(launcher) {}

Service::~Service() { stop(); }

Status Service::open() { return sql::migrate(database_, "automation", migrations()); }

StatusOr<std::vector<Trigger>> Service::triggers() {
  std::vector<Trigger> triggers;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(triggers, load_triggers(connection));
    return ok_status();
  }));
  return triggers;
}

StatusOr<Trigger> Service::trigger(std::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<Trigger> all, triggers());
  for (const Trigger& trigger : all) {
    if (trigger.name == name) return trigger;
  }
  return trigger_missing(name, all);
}

StatusOr<Trigger> Service::set_trigger(Trigger trigger) {
  RETURN_IF_ERROR(check_trigger(trigger));
  ASSIGN_OR_RETURN(const std::int64_t now_at, events_.last_sequence());
  trigger.created_ms = trigger.updated_ms = clock_.now_ms();
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status { return put_trigger(tx, trigger, now_at); }));
  return this->trigger(trigger.name);
}

Status Service::remove_trigger(std::string_view name) {
  ASSIGN_OR_RETURN(const Trigger known, trigger(name));
  return database_.write([&](sql::Connection& tx) { return delete_trigger(tx, known.name).status(); });
}

StatusOr<std::vector<Firing>> Service::firings(std::string_view trigger, std::size_t limit) {
  RETURN_IF_ERROR(this->trigger(trigger));
  std::vector<Firing> firings;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(firings, load_firings(connection, trigger, limit));
    return ok_status();
  }));
  return firings;
}

StatusOr<std::vector<Firing>> Service::firings_about(std::string_view subject_prefix) {
  std::vector<Firing> firings;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(firings, automation::firings_about(connection, subject_prefix));
    return ok_status();
  }));
  return firings;
}

StatusOr<Firing> Service::fire(std::string_view name, const Json& parameters, const std::string& reason) {
  ASSIGN_OR_RETURN(const Trigger trigger, this->trigger(name));
  if (!parameters.is_object()) return invalid_field("parameters", "must be an object");
  Firing firing;
  firing.id = new_ulid();
  firing.trigger = trigger.name;
  firing.time_ms = clock_.now_ms();
  firing.reason = reason.empty() ? "fired by hand" : reason;
  firing.run_id = new_ordered_hex_id();
  firing.action = trigger.action;
  firing.action.parameters.update(parameters);
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t active, count_active(tx, trigger.name));
    if (active >= trigger.max_concurrent) {
      return failed_precondition(trigger.name, " already has ", active, " run under way; wait for it, or cancel it");
    }
    // What an event would have told.
    Json event = {{"message", firing.reason}};
    for (const auto& [field, value] : trigger.on.where) event[field] = value;
    if (const auto deployment = trigger.on.where.find("deployment"); deployment != trigger.on.where.end()) {
      ASSIGN_OR_RETURN(const auto until, recall_until(tx, deployment->second));
      if (until) event["until"] = *until;
    }
    ASSIGN_OR_RETURN(firing.action.parameters, fill_template(firing.action.parameters, event));
    RETURN_IF_ERROR(insert_firing(tx, firing));
    return events_.append(
        tx, {0,
             0,
             "trigger.fired",
             str_cat("trigger/", trigger.name),
             {{"trigger", trigger.name}, {"id", firing.id}, {"run_id", firing.run_id}, {"reason", firing.reason}}});
  }));
  RETURN_IF_ERROR(dispatch());
  {
    // A run that ended already had its event before the firing counted as running.
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  wake_.notify_all();
  std::optional<Firing> stored;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(stored, find_firing(connection, firing.id));
    return ok_status();
  }));
  if (stored && stored->state == FiringState::kFailed) return failed_precondition(trigger.name, ": ", stored->outcome);
  return stored ? std::move(*stored) : std::move(firing);
}

}  // namespace treadle::automation
