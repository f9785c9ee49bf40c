#include "domains/automation/store.h"

#include <array>
#include <utility>

namespace treadle::automation {
namespace {

constexpr std::array<std::pair<FiringState, std::string_view>, 6> kStates = {{
    {FiringState::kPending, "PENDING"},
    {FiringState::kRunning, "RUNNING"},
    {FiringState::kSucceeded, "SUCCEEDED"},
    {FiringState::kFailed, "FAILED"},
    {FiringState::kCanceled, "CANCELED"},
    {FiringState::kSkipped, "SKIPPED"},
}};

FiringState parse_state(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  return FiringState::kFailed;
}

constexpr std::string_view kTriggerColumns =
    "SELECT name, event, condition, pipeline, experiment, parameters, cooldown_ms, max_concurrent, created_ms,"
    " updated_ms FROM triggers";

StatusOr<std::vector<Trigger>> query_triggers(sql::Connection& connection, std::string_view tail,
                                              const sql::Values& values) {
  std::vector<Trigger> triggers;
  RETURN_IF_ERROR(connection.query(str_cat(kTriggerColumns, tail), values, [&](const sql::Row& row) -> Status {
    Trigger trigger;
    trigger.name = row.string(0);
    trigger.on.event = row.string(1);
    ASSIGN_OR_RETURN(const Json where, parse_json(row.text(2)));
    for (const auto& [field, value] : where.items()) trigger.on.where[field] = value.get<std::string>();
    trigger.action.pipeline = row.string(3);
    trigger.action.experiment = row.string(4);
    ASSIGN_OR_RETURN(trigger.action.parameters, parse_json(row.text(5)));
    trigger.cooldown_ms = row.integer(6);
    trigger.max_concurrent = row.integer(7);
    trigger.created_ms = row.integer(8);
    trigger.updated_ms = row.integer(9);
    triggers.push_back(std::move(trigger));
    return ok_status();
  }));
  return triggers;
}

constexpr std::string_view kFiringColumns =
    "SELECT id, trigger_name, time_ms, reason, event_sequence, subject, run_id, pipeline, experiment, parameters,"
    " state, outcome FROM firings";

StatusOr<std::vector<Firing>> query_firings(sql::Connection& connection, std::string_view tail,
                                            const sql::Values& values) {
  std::vector<Firing> firings;
  RETURN_IF_ERROR(connection.query(str_cat(kFiringColumns, tail), values, [&](const sql::Row& row) -> Status {
    Firing firing;
    firing.id = row.string(0);
    firing.trigger = row.string(1);
    firing.time_ms = row.integer(2);
    firing.reason = row.string(3);
    firing.event_sequence = row.optional_integer(4);
    firing.subject = row.string(5);
    firing.run_id = row.string(6);
    firing.action.pipeline = row.string(7);
    firing.action.experiment = row.string(8);
    ASSIGN_OR_RETURN(firing.action.parameters, parse_json(row.text(9)));
    firing.state = parse_state(row.text(10));
    firing.outcome = row.string(11);
    firings.push_back(std::move(firing));
    return ok_status();
  }));
  return firings;
}

}  // namespace

std::string_view to_string(FiringState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) return name;
  }
  return "FAILED";
}

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> all = {
      {1,
       "CREATE TABLE triggers(name TEXT PRIMARY KEY, event TEXT NOT NULL, condition TEXT NOT NULL,"
       " pipeline TEXT NOT NULL, experiment TEXT NOT NULL, parameters TEXT NOT NULL, cooldown_ms BIGINT NOT NULL,"
       " max_concurrent BIGINT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,"
       " after_sequence BIGINT NOT NULL);"
       "CREATE INDEX triggers_by_event ON triggers(event);"
       "CREATE TABLE firings(id TEXT PRIMARY KEY, trigger_name TEXT NOT NULL, time_ms BIGINT NOT NULL,"
       " reason TEXT NOT NULL, event_sequence BIGINT, subject TEXT NOT NULL, run_id TEXT NOT NULL,"
       " pipeline TEXT NOT NULL, experiment TEXT NOT NULL, parameters TEXT NOT NULL, state TEXT NOT NULL,"
       " outcome TEXT NOT NULL, UNIQUE(trigger_name, event_sequence));"
       "CREATE INDEX firings_of_trigger ON firings(trigger_name, time_ms);"
       "CREATE INDEX firings_by_state ON firings(state);"
       "CREATE INDEX firings_by_subject ON firings(subject);"
       "CREATE TABLE newest_truths(deployment TEXT PRIMARY KEY, until_day TEXT NOT NULL)"}};
  return all;
}

Status put_trigger(sql::Connection& tx, const Trigger& trigger, std::int64_t after_sequence) {
  return tx
      .execute(
          "INSERT INTO triggers(name, event, condition, pipeline, experiment, parameters, cooldown_ms, max_concurrent,"
          " created_ms, updated_ms, after_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          " ON CONFLICT(name) DO UPDATE SET event = excluded.event, condition = excluded.condition,"
          " pipeline = excluded.pipeline, experiment = excluded.experiment, parameters = excluded.parameters,"
          " cooldown_ms = excluded.cooldown_ms, max_concurrent = excluded.max_concurrent,"
          " updated_ms = excluded.updated_ms",
          {trigger.name, trigger.on.event, to_text(Json(trigger.on.where)), trigger.action.pipeline,
           trigger.action.experiment, to_text(trigger.action.parameters), trigger.cooldown_ms, trigger.max_concurrent,
           trigger.created_ms, trigger.updated_ms, after_sequence})
      .status();
}

StatusOr<bool> delete_trigger(sql::Connection& tx, std::string_view name) {
  ASSIGN_OR_RETURN(const std::int64_t changed, tx.execute("DELETE FROM triggers WHERE name = ?", {name}));
  return changed > 0;
}

StatusOr<std::vector<Trigger>> load_triggers(sql::Connection& connection) {
  return query_triggers(connection, " ORDER BY name", {});
}

StatusOr<std::optional<Trigger>> find_trigger(sql::Connection& connection, std::string_view name) {
  ASSIGN_OR_RETURN(std::vector<Trigger> found, query_triggers(connection, " WHERE name = ?", {name}));
  return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
}

StatusOr<std::vector<Trigger>> triggers_for(sql::Connection& connection, std::string_view event,
                                            std::int64_t sequence) {
  return query_triggers(connection, " WHERE event = ? AND after_sequence < ? ORDER BY name", {event, sequence});
}

StatusOr<std::set<std::string>> watched_events(sql::Connection& connection) {
  std::set<std::string> types;
  RETURN_IF_ERROR(connection.query("SELECT DISTINCT event FROM triggers", {}, [&](const sql::Row& row) {
    types.insert(row.string(0));
    return ok_status();
  }));
  return types;
}

Status insert_firing(sql::Connection& tx, const Firing& firing) {
  return tx
      .execute(
          "INSERT INTO firings(id, trigger_name, time_ms, reason, event_sequence, subject, run_id, pipeline, "
          "experiment,"
          " parameters, state, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {firing.id, firing.trigger, firing.time_ms, firing.reason, firing.event_sequence, firing.subject,
           firing.run_id, firing.action.pipeline, firing.action.experiment, to_text(firing.action.parameters),
           to_string(firing.state), firing.outcome})
      .status();
}

Status update_firing(sql::Connection& tx, std::string_view id, FiringState state, std::string_view outcome) {
  return tx.execute("UPDATE firings SET state = ?, outcome = ? WHERE id = ?", {to_string(state), outcome, id}).status();
}

StatusOr<std::optional<Firing>> find_firing(sql::Connection& connection, std::string_view id) {
  ASSIGN_OR_RETURN(std::vector<Firing> found, query_firings(connection, " WHERE id = ?", {id}));
  return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
}

StatusOr<std::vector<Firing>> firings_in(sql::Connection& connection, FiringState state) {
  return query_firings(connection, " WHERE state = ? ORDER BY time_ms, COALESCE(event_sequence, 9223372036854775807)",
                       {to_string(state)});
}

StatusOr<std::vector<Firing>> load_firings(sql::Connection& connection, std::string_view trigger, std::size_t limit) {
  return query_firings(
      connection,
      " WHERE trigger_name = ? ORDER BY time_ms DESC, COALESCE(event_sequence, 9223372036854775807) DESC LIMIT ?",
      {trigger, static_cast<std::int64_t>(limit)});
}

StatusOr<std::vector<Firing>> firings_about(sql::Connection& connection, std::string_view subject_prefix) {
  return query_firings(connection, " WHERE subject >= ? AND subject < ? ORDER BY time_ms, id",
                       {subject_prefix, str_cat(subject_prefix, "\x7f")});
}

StatusOr<std::int64_t> count_active(sql::Connection& connection, std::string_view trigger) {
  ASSIGN_OR_RETURN(const auto count, connection.query_integer("SELECT COUNT(*) FROM firings WHERE trigger_name = ?"
                                                              " AND state IN ('PENDING', 'RUNNING')",
                                                              {trigger}));
  return count.value_or(0);
}

StatusOr<std::optional<std::int64_t>> last_fired(sql::Connection& connection, std::string_view trigger) {
  return connection.query_integer(
      "SELECT MAX(time_ms) FROM firings WHERE trigger_name = ? AND state <> 'SKIPPED' AND event_sequence IS NOT NULL",
      {trigger});
}

Status remember_until(sql::Connection& tx, std::string_view deployment, std::string_view until) {
  return tx
      .execute(
          "INSERT INTO newest_truths(deployment, until_day) VALUES (?, ?) ON CONFLICT(deployment) DO UPDATE"
          " SET until_day = excluded.until_day WHERE excluded.until_day > newest_truths.until_day",
          {deployment, until})
      .status();
}

StatusOr<std::optional<std::string>> recall_until(sql::Connection& connection, std::string_view deployment) {
  return connection.query_text("SELECT until_day FROM newest_truths WHERE deployment = ?", {deployment});
}

}  // namespace treadle::automation
