// Automation's tables. Every function runs inside the caller's read or transaction.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domains/automation/types.h"
#include "storage/sql/database.h"

namespace treadle::automation {

const std::vector<sql::Migration>& migrations();

// Creates or replaces. A new trigger sees only events after `after_sequence`.
Status put_trigger(sql::Connection& tx, const Trigger& trigger, std::int64_t after_sequence);
StatusOr<bool> delete_trigger(sql::Connection& tx, std::string_view name);
// By name.
StatusOr<std::vector<Trigger>> load_triggers(sql::Connection& connection);
StatusOr<std::optional<Trigger>> find_trigger(sql::Connection& connection, std::string_view name);
// The types of events that some trigger reacts to.
StatusOr<std::set<std::string>> watched_events(sql::Connection& connection);
// The triggers for events of this type that are old enough for this one.
StatusOr<std::vector<Trigger>> triggers_for(sql::Connection& connection, std::string_view event, std::int64_t sequence);

Status insert_firing(sql::Connection& tx, const Firing& firing);
Status update_firing(sql::Connection& tx, std::string_view id, FiringState state, std::string_view outcome);
StatusOr<std::optional<Firing>> find_firing(sql::Connection& connection, std::string_view id);
// Oldest first.
StatusOr<std::vector<Firing>> firings_in(sql::Connection& connection, FiringState state);
// Newest first.
StatusOr<std::vector<Firing>> load_firings(sql::Connection& connection, std::string_view trigger, std::size_t limit);
// Firings by events about things of this kind ("alert/"), oldest first.
StatusOr<std::vector<Firing>> firings_about(sql::Connection& connection, std::string_view subject_prefix);
StatusOr<std::int64_t> count_active(sql::Connection& connection, std::string_view trigger);
// When an event last fired it; skipped ones do not count.
StatusOr<std::optional<std::int64_t>> last_fired(sql::Connection& connection, std::string_view trigger);

// The day after the newest truth of a deployment, as the events told it: what a retrain by hand trains up to.
Status remember_until(sql::Connection& tx, std::string_view deployment, std::string_view until);
StatusOr<std::optional<std::string>> recall_until(sql::Connection& connection, std::string_view deployment);

}  // namespace treadle::automation
