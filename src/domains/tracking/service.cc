#include "domains/tracking/service.h"

#include <array>
#include <map>

#include "base/ids.h"
#include "base/strings.h"
#include "domains/tracking/metric_store.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/sql_store.h"
#include "domains/tracking/validate.h"

namespace treadle::tracking {
namespace {

// "calm-heron-417": easier to speak of than a hex id.
std::string made_up_name() {
  static constexpr std::array<std::string_view, 16> kHow = {"calm",  "bold",  "swift", "quiet", "amber", "keen",
                                                            "lucid", "merry", "noble", "proud", "rapid", "sober",
                                                            "tidy",  "vivid", "warm",  "wise"};
  static constexpr std::array<std::string_view, 16> kWho = {"heron", "otter", "finch", "lynx", "tern", "ibex",
                                                            "crane", "stoat", "raven", "hare", "wren", "seal",
                                                            "moth",  "kite",  "newt",  "swan"};
  const std::string id = new_hex_id();
  const auto pick = [&](std::size_t at) { return static_cast<std::size_t>(std::stoul(id.substr(at, 4), nullptr, 16)); };
  return str_cat(kHow[pick(0) % kHow.size()], "-", kWho[pick(4) % kWho.size()], "-", pick(16) % 1000);
}

std::string tag_value(const Tags& tags, std::string_view key) {
  for (const auto& [name, value] : tags) {
    if (name == key) return value;
  }
  return "";
}

events::Event run_event(std::string type, const Run& run) {
  return {0,
          0,
          std::move(type),
          "run/" + run.id,
          {{"run_id", run.id}, {"experiment_id", run.experiment_id}, {"status", to_string(run.status)}}};
}

}  // namespace

Status must_be_active(const Run& run) {
  if (!run.deleted) return ok_status();
  return invalid("The run ", run.id, " must be in the 'active' state. Current state is deleted.");
}

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::kRunning:
      return "RUNNING";
    case RunStatus::kScheduled:
      return "SCHEDULED";
    case RunStatus::kFinished:
      return "FINISHED";
    case RunStatus::kFailed:
      return "FAILED";
    case RunStatus::kKilled:
      return "KILLED";
  }
  return "RUNNING";
}

std::optional<RunStatus> parse_run_status(std::string_view text) {
  for (const RunStatus status :
       {RunStatus::kRunning, RunStatus::kScheduled, RunStatus::kFinished, RunStatus::kFailed, RunStatus::kKilled}) {
    if (to_string(status) == text || str_cat(static_cast<int>(status)) == text) return status;
  }
  return std::nullopt;
}

Service::Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
                 blob::BlobStore& blobs)
    : database_(database),
      events_(events),
      graph_(graph),
      clock_(clock),
      blobs_(blobs),
      announcer_(database, events),
      trash_(database, blobs),
      places_(database),
      columns_(database) {}

Status Service::open() {
  RETURN_IF_ERROR(sql::migrate(database_, "tracking", store::migrations()));
  RETURN_IF_ERROR(trash_.open());
  RETURN_IF_ERROR(places_.open());
  bool more = true;
  while (more) {
    RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
      ASSIGN_OR_RETURN(more, store::convert_point_rows(tx));
      // The experiment that is there from the beginning was made when a server first opened it.
      return tx
          .execute("UPDATE experiments SET created_ms = ?, updated_ms = ? WHERE id = 0 AND created_ms = 0",
                   {clock_.now_ms(), clock_.now_ms()})
          .status();
    }));
  }
  return ok_status();
}

namespace {

std::string home_of(const std::string& location, const std::string& experiment_id) {
  if (location.empty()) return str_cat("artifacts/", experiment_id);
  const std::string folder = Places::folder_of(location);
  return folder.empty() ? str_cat("elsewhere/", experiment_id) : folder;
}

std::string uri_of(const std::string& location, const std::string& experiment_id) {
  return location.empty() ? str_cat("mlflow-artifacts:/", experiment_id) : location;
}

}  // namespace

std::string Service::artifact_root(const Run& run) {
  return str_cat(home_of(run.artifact_location, run.experiment_id), "/", run.id, "/artifacts");
}
std::string Service::artifact_uri(const Run& run) {
  return str_cat(uri_of(run.artifact_location, run.experiment_id), "/", run.id, "/artifacts");
}
std::string Service::artifact_root(const LoggedModel& model) {
  return str_cat(home_of(model.artifact_location, model.experiment_id), "/models/", model.id, "/artifacts");
}
std::string Service::artifact_uri(const LoggedModel& model) {
  return str_cat(uri_of(model.artifact_location, model.experiment_id), "/models/", model.id, "/artifacts");
}
Status Service::artifacts_are_here(const Run& run) {
  if (run.artifact_location.empty() || !Places::folder_of(run.artifact_location).empty()) return ok_status();
  return invalid("The artifacts of run ", run.id, " are kept at ", artifact_uri(run),
                 ", which this server does not read; ask that store.");
}

StatusOr<Experiment> Service::create_experiment(const std::string& name, const Tags& tags,
                                                const std::string& location) {
  std::string place;
  if (!location.empty()) {
    ASSIGN_OR_RETURN(place, Places::normal(location));
  }
  RETURN_IF_ERROR(check_experiment_name(name));
  for (const auto& [key, value] : tags) RETURN_IF_ERROR(check_experiment_tag(key, value));
  StatusOr<Experiment> created = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto existing, store::find_experiment(tx, name));
    if (existing) return already_exists("Experiment(name=", name, ") already exists.");
    ASSIGN_OR_RETURN(const std::string id, store::insert_experiment(tx, name, clock_.now_ms()));
    for (const auto& [key, value] : tags) RETURN_IF_ERROR(store::put_experiment_tag(tx, id, key, value));
    if (!place.empty()) RETURN_IF_ERROR(Places::note(tx, id, place));
    created = store::load_experiment(tx, id);
    return events_.append(tx, {0, 0, "experiment.created", "experiment/" + id, {{"name", name}}});
  }));
  if (created.ok() && !place.empty()) {
    places_.remember(created->id, place);
    created->artifact_location = place;
  }
  return created;
}

StatusOr<Experiment> Service::get_experiment(const std::string& id) {
  StatusOr<Experiment> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_experiment(connection, id);
    return ok_status();
  }));
  if (found.ok()) found->artifact_location = places_.of(found->id);
  return found;
}

StatusOr<Experiment> Service::get_experiment_by_name(const std::string& name) {
  StatusOr<Experiment> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const auto id, store::find_experiment(connection, name));
    if (!id) return not_found("Could not find experiment with name '", name, "'");
    found = store::load_experiment(connection, *id);
    return ok_status();
  }));
  if (found.ok()) found->artifact_location = places_.of(found->id);
  return found;
}

StatusOr<Experiment> Service::ensure_experiment(const std::string& name_or_id) {
  if (name_or_id.empty()) return get_experiment("0");
  // An id goes first: nobody takes another one's place by a name.
  if (parse_int(name_or_id)) {
    auto by_id = get_experiment(name_or_id);
    if (by_id.ok() || by_id.status().code() != StatusCode::kNotFound) return by_id;
  }
  auto found = get_experiment_by_name(name_or_id);
  if (found.ok() || found.status().code() != StatusCode::kNotFound) return found;
  auto created = create_experiment(name_or_id);
  if (created.ok() || created.status().code() != StatusCode::kAlreadyExists) return created;
  return get_experiment_by_name(name_or_id);  // somebody else made it just now
}

StatusOr<Page<Experiment>> Service::search_experiments(const ExperimentQuery& query) {
  StatusOr<Page<Experiment>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    page = store::search_experiments(connection, query);
    return ok_status();
  }));
  if (page.ok()) {
    for (Experiment& experiment : page->items) experiment.artifact_location = places_.of(experiment.id);
  }
  return page;
}

StatusOr<std::vector<std::int64_t>> Service::count_runs(const std::vector<std::string>& experiment_ids) {
  StatusOr<std::vector<std::int64_t>> counts = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    counts = store::count_runs(connection, experiment_ids);
    return ok_status();
  }));
  return counts;
}

Status Service::rename_experiment(const std::string& id, const std::string& name) {
  RETURN_IF_ERROR(check_experiment_name(name));
  return write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto existing, store::find_experiment(tx, name));
    if (existing && *existing != id) return already_exists("Experiment '", name, "' already exists");
    ASSIGN_OR_RETURN(const Experiment experiment, store::load_experiment(tx, id));
    if (experiment.deleted) return failed_precondition("Cannot rename a non-active experiment.");
    return store::rename_experiment(tx, id, name, clock_.now_ms());
  });
}

Status Service::delete_experiment(const std::string& id) {
  return write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::mark_experiment(tx, id, true, clock_.now_ms()));
    RETURN_IF_ERROR(Trash::note(tx, "experiment", id, clock_.now_ms()));
    return events_.append(tx, {0, 0, "experiment.deleted", "experiment/" + id, Json::object()});
  });
}

Status Service::restore_experiment(const std::string& id) {
  return write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::mark_experiment(tx, id, false, clock_.now_ms()));
    return Trash::forget(tx, "experiment", id);
  });
}

Status Service::set_experiment_tag(const std::string& id, const std::string& key, const std::string& value) {
  RETURN_IF_ERROR(check_experiment_tag(key, value));
  return write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_active_experiment(tx, id));
    return store::put_experiment_tag(tx, id, key, value);
  });
}

Status Service::delete_experiment_tag(const std::string& id, const std::string& key) {
  return write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_active_experiment(tx, id));
    ASSIGN_OR_RETURN(const bool removed, store::remove_experiment_tag(tx, id, key));
    return removed ? ok_status() : not_found("No tag with name: ", key, " in experiment with id ", id);
  });
}

StatusOr<Run> Service::create_run(const NewRun& wanted) {
  RETURN_IF_ERROR(check_tags(wanted.tags));
  RETURN_IF_ERROR(check_run_name(wanted.name));
  if (!wanted.id.empty() && !is_hex_id(wanted.id)) return invalid_field("run_id", "must be 32 lower-case hex digits");
  Run run;
  run.id = wanted.id.empty() ? new_ordered_hex_id() : wanted.id;
  run.experiment_id = wanted.experiment_id.empty() ? "0" : wanted.experiment_id;
  const std::string tagged = tag_value(wanted.tags, "mlflow.runName");
  if (!wanted.name.empty() && !tagged.empty() && wanted.name != tagged) {
    return invalid(
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='",
        wanted.name, "', mlflow.runName='", tagged, "').");
  }
  run.name = !wanted.name.empty() ? wanted.name : tagged;
  if (run.name.empty()) run.name = made_up_name();
  run.start_ms = wanted.start_ms > 0 ? wanted.start_ms : clock_.now_ms();
  run.user = wanted.user;
  std::map<std::string, std::string> tags;
  for (const auto& [key, value] : wanted.tags) tags.insert_or_assign(key, value);
  tags.insert_or_assign("mlflow.runName", run.name);
  run.tags.assign(tags.begin(), tags.end());
  StatusOr<Run> created = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    if (!wanted.id.empty()) {
      created = store::load_run(tx, run.id);
      if (created.ok() || created.status().code() != StatusCode::kNotFound) return created.status();
    }
    ASSIGN_OR_RETURN(const Experiment experiment, store::load_active_experiment(tx, run.experiment_id));
    run.experiment_id = experiment.id;  // "01" is written "1"
    RETURN_IF_ERROR(store::insert_run(tx, run));
    RETURN_IF_ERROR(store::put_tags(tx, run.id, run.tags));
    RETURN_IF_ERROR(graph_.add_node(tx, {"run", run.id, {{"name", run.name}}}));
    created = run;
    tx.after_commit([&] {
      columns_.run_changed(run);
      columns_.batch_logged(run.id, {.tags = run.tags});
    });
    return events_.append(tx, run_event("run.created", run));
  }));
  if (created.ok()) places_.fill(*created);
  return created;
}

StatusOr<Run> Service::get_run(const std::string& id) {
  StatusOr<Run> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_run(connection, id);
    return ok_status();
  }));
  if (found.ok()) places_.fill(*found);
  return found;
}

StatusOr<Page<Run>> Service::search_runs(const RunQuery& query) {
  // Also checks the query, whoever answers it.
  ASSIGN_OR_RETURN(const SqlText search, run_search_sql(query, database_.dialect()));
  ASSIGN_OR_RETURN(auto ids, columns_.search(query));
  StatusOr<Page<Run>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    if (!ids) {
      ASSIGN_OR_RETURN(ids, select_ids(connection, search));
    }
    page = store::load_page(connection, *std::move(ids), query.limit);
    return ok_status();
  }));
  if (page.ok()) {
    for (Run& run : page->items) places_.fill(run);
  }
  return page;
}

StatusOr<RunGroups> Service::group_runs(const RunQuery& query, const std::string& by) {
  ASSIGN_OR_RETURN(const ColumnName column, parse_group_by(by));
  ASSIGN_OR_RETURN(const SqlText sql, run_groups_sql(query, column, database_.dialect()));
  ASSIGN_OR_RETURN(auto counted, columns_.groups(query, column));
  if (counted) return *std::move(counted);
  StatusOr<RunGroups> groups = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    groups = read_groups(connection, sql);
    return groups.status();
  }));
  return groups;
}

StatusOr<Run> Service::update_run(const std::string& id, const RunUpdate& update) {
  StatusOr<Run> updated = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const Run before, store::load_run_row(tx, id));
    RETURN_IF_ERROR(must_be_active(before));
    RETURN_IF_ERROR(store::update_run(tx, id, update));
    if (update.name) RETURN_IF_ERROR(store::put_tags(tx, id, {{"mlflow.runName", *update.name}}));
    const bool ended = update.status && has_ended(*update.status);
    if (ended) RETURN_IF_ERROR(store::pack_metrics(tx, id));
    updated = store::load_run(tx, id);
    RETURN_IF_ERROR(updated);
    tx.after_commit([&] {
      columns_.run_changed(*updated);
      feed_.status_changed(id, updated->status);
      if (update.name) columns_.tag_changed(id, "mlflow.runName", *update.name);
    });
    return events_.append(tx, run_event(ended ? "run.finished" : "run.updated", *updated));
  }));
  if (updated.ok()) places_.fill(*updated);
  return updated;
}

Status Service::change_run(const std::string& id, bool deleted) {
  return write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::mark_run(tx, id, deleted));
    ASSIGN_OR_RETURN(const Run run, store::load_run_row(tx, id));
    tx.after_commit([this, run] { columns_.run_changed(run); });
    RETURN_IF_ERROR(deleted ? Trash::note(tx, "run", id, clock_.now_ms()) : Trash::forget(tx, "run", id));
    return events_.append(tx, {0, 0, deleted ? "run.deleted" : "run.restored", "run/" + id, Json::object()});
  });
}
Status Service::delete_run(const std::string& id) { return change_run(id, true); }
Status Service::restore_run(const std::string& id) { return change_run(id, false); }

Status Service::log_batch(const std::string& run_id, const Batch& batch) {
  RETURN_IF_ERROR(check_batch(batch));
  return write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(Run run, store::load_run_row(tx, run_id));
    RETURN_IF_ERROR(must_be_active(run));
    ASSIGN_OR_RETURN(const auto change, store::put_params(tx, run_id, batch.params));
    if (change) {
      return invalid("Changing param values is not allowed. Param with key='", change->key,
                     "' was already logged with value='", change->from, "' for run ID='", run_id,
                     "'. Attempted logging new value '", change->to, "'.");
    }
    RETURN_IF_ERROR(store::append_metrics(tx, run_id, batch.metrics));
    RETURN_IF_ERROR(store::put_model_metrics(tx, run_id, batch.metrics));
    RETURN_IF_ERROR(store::put_tags(tx, run_id, batch.tags));
    for (const auto& [key, value] : batch.tags) {
      if (key != "mlflow.runName") continue;
      RETURN_IF_ERROR(store::update_run(tx, run_id, {.status = {}, .end_ms = {}, .name = value}));
      run.name = value;
      tx.after_commit([this, run] { columns_.run_changed(run); });
    }
    for (const DatasetInput& input : batch.inputs) {
      RETURN_IF_ERROR(store::put_input(tx, run_id, input));
      const lineage::Node dataset{"dataset", input.digest, {{"name", input.name}, {"source", input.source}}};
      RETURN_IF_ERROR(graph_.add_node(tx, dataset));
      RETURN_IF_ERROR(graph_.add_edge(tx, {{"dataset", input.digest}, {"run", run_id}, "input"}));
    }
    RETURN_IF_ERROR(link_models(tx, run, batch));
    tx.after_commit([this, &run_id, &batch, event = run_event("run.logged", run)] {
      columns_.batch_logged(run_id, batch);
      feed_.logged(run_id, batch.metrics);
      announcer_.announce(event);
    });
    return ok_status();
  });
}

Status Service::delete_tag(const std::string& run_id, const std::string& key) {
  return write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const Run run, store::load_run_row(tx, run_id));
    RETURN_IF_ERROR(must_be_active(run));
    ASSIGN_OR_RETURN(const bool removed, store::remove_tag(tx, run_id, key));
    tx.after_commit([&] { columns_.tag_changed(run_id, key, std::nullopt); });
    return removed ? ok_status() : not_found("No tag with name: ", key, " in run with id ", run_id);
  });
}

StatusOr<Purged> Service::purge(const PurgeQuery& query) {
  ASSIGN_OR_RETURN(Purged purged, trash_.purge(query));
  if (query.dry_run) return purged;
  columns_.runs_removed(purged.runs);
  const Json counts = {{"runs", purged.runs.size()},
                       {"logged_models", purged.logged_models.size()},
                       {"experiments", purged.experiments.size()}};
  RETURN_IF_ERROR(write([&](sql::Connection& tx) {
    return events_.append(tx, {0, 0, "trash.purged", "trash", counts});
  }));
  return purged;
}

StatusOr<std::vector<DatasetSummary>> Service::search_datasets(const std::vector<std::string>& experiment_ids,
                                                               std::int64_t limit) {
  std::vector<DatasetSummary> found;
  if (experiment_ids.empty()) return found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, store::search_datasets(connection, experiment_ids, limit));
    return ok_status();
  }));
  return found;
}

StatusOr<std::unique_ptr<MetricFeed::Follower>> Service::follow_metrics(const std::string& run_id,
                                                                        std::string_view place) {
  // Known to be there first, so that nobody makes channels for runs that are not; looked at again for its status once
  // it is followed, so that no end is missed.
  std::unique_ptr<MetricFeed::Follower> follower;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    RETURN_IF_ERROR(store::load_run_row(connection, run_id));
    follower = feed_.follow(run_id, place);
    return ok_status();
  }));
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(const Run run, store::load_run_row(connection, run_id));
    feed_.status_changed(run_id, run.status);
    return ok_status();
  }));
  return follower;
}

StatusOr<Page<Point>> Service::metric_history(const PointQuery& query) {
  StatusOr<Page<Point>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    RETURN_IF_ERROR(store::load_run_row(connection, query.run_id));
    page = store::read_points(connection, query);
    return ok_status();
  }));
  return page;
}

}  // namespace treadle::tracking
