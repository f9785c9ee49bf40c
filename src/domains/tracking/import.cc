// The part of the service that takes over records of another store: with their ids and times, and safe to repeat.
#include "base/ids.h"
#include "base/strings.h"
#include "domains/tracking/metric_store.h"
#include "domains/tracking/service.h"
#include "domains/tracking/sql_store.h"
#include "domains/tracking/validate.h"

namespace treadle::tracking {
namespace {

Status check_model_id(const std::string& id) {
  if (id.starts_with("m-") && is_hex_id(id.substr(2))) return ok_status();
  return invalid_field("model_id", "must be m- and 32 lower-case hex digits, got \"", id, "\"");
}

}  // namespace

StatusOr<Experiment> Service::import_experiment(const Experiment& given) {
  RETURN_IF_ERROR(check_experiment_name(given.name));
  for (const auto& [key, value] : given.tags) {
    RETURN_IF_ERROR(check_key("tags.key", key));
    if (value.size() > Limits::kExperimentTagValue)
      return invalid_field("tags.value", "is longer than ", Limits::kExperimentTagValue, " characters");
  }
  StatusOr<Experiment> imported = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto existing, store::find_experiment(tx, given.name));
    std::string id = existing.value_or("");
    if (!existing) {
      ASSIGN_OR_RETURN(id, store::insert_experiment(tx, given.name, given.created_ms));
      RETURN_IF_ERROR(events_.append(tx, {0, 0, "experiment.created", "experiment/" + id, {{"name", given.name}}}));
    }
    for (const auto& [key, value] : given.tags) RETURN_IF_ERROR(store::put_experiment_tag(tx, id, key, value));
    RETURN_IF_ERROR(store::put_experiment_row(tx, id, given));
    imported = store::load_experiment(tx, id);
    return imported.status();
  }));
  return imported;
}

StatusOr<Run> Service::import_run(const Run& given) {
  if (!is_hex_id(given.id)) return invalid_field("run_id", "must be 32 lower-case hex digits, got \"", given.id, "\"");
  StatusOr<Run> imported = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    const auto before = store::load_run_row(tx, given.id);
    if (!before.ok() && before.status().code() != StatusCode::kNotFound) return before.status();
    if (before.ok() && before->experiment_id != given.experiment_id) {
      return already_exists("run ", given.id, " is in experiment ", before->experiment_id, " here, not in ",
                            given.experiment_id);
    }
    if (!before.ok()) {
      RETURN_IF_ERROR(store::load_experiment(tx, given.experiment_id));
      RETURN_IF_ERROR(store::insert_run(tx, given));
      RETURN_IF_ERROR(graph_.add_node(tx, {"run", given.id, {{"name", given.name}}}));
    }
    RETURN_IF_ERROR(store::put_run_row(tx, given));
    const bool ended = has_ended(given.status);
    if (ended) RETURN_IF_ERROR(store::pack_metrics(tx, given.id));
    imported = store::load_run(tx, given.id);
    RETURN_IF_ERROR(imported);
    tx.after_commit([&] { columns_.run_changed(*imported); });
    const events::Event event{0,
                              0,
                              before.ok() ? "run.updated" : "run.created",
                              "run/" + given.id,
                              {{"run_id", given.id},
                               {"experiment_id", given.experiment_id},
                               {"status", to_string(given.status)},
                               {"imported", true}}};
    return events_.append(tx, event);
  }));
  return imported;
}

StatusOr<LoggedModel> Service::import_logged_model(const LoggedModel& given) {
  RETURN_IF_ERROR(check_model_id(given.id));
  if (given.metrics.size() > Limits::kBatchMetrics)
    return invalid_field("metrics", "holds more than ", Limits::kBatchMetrics, ": send them in several calls");
  for (const auto& [key, value] : given.params) RETURN_IF_ERROR(check_key("params.key", key));
  RETURN_IF_ERROR(check_tags(given.tags));
  for (const ModelMetric& one : given.metrics) RETURN_IF_ERROR(check_key("metrics.key", one.metric.key));
  StatusOr<LoggedModel> imported = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    const auto before = store::load_logged_model(tx, given.id);
    if (!before.ok() && before.status().code() != StatusCode::kNotFound) return before.status();
    if (before.ok() && before->experiment_id != given.experiment_id) {
      return already_exists("logged model ", given.id, " is in experiment ", before->experiment_id, " here, not in ",
                            given.experiment_id);
    }
    if (!before.ok()) {
      RETURN_IF_ERROR(store::load_experiment(tx, given.experiment_id));
      RETURN_IF_ERROR(store::insert_logged_model(tx, given));
      RETURN_IF_ERROR(graph_.add_node(tx, {"logged_model", given.id, {{"name", given.name}}}));
      if (!given.run_id.empty()) {
        RETURN_IF_ERROR(graph_.add_node(tx, {"run", given.run_id}));
        RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", given.run_id}, {"logged_model", given.id}, "output"}));
      }
    }
    for (const auto& [key, value] : given.params)
      RETURN_IF_ERROR(store::put_logged_model_param(tx, given.id, key, value));
    for (const auto& [key, value] : given.tags) RETURN_IF_ERROR(store::put_logged_model_tag(tx, given.id, key, value));
    for (const ModelMetric& one : given.metrics) {
      Metric metric = one.metric;
      metric.model_id = given.id;
      RETURN_IF_ERROR(store::put_model_metrics(tx, one.run_id, {metric}));
    }
    RETURN_IF_ERROR(store::update_logged_model(tx, given));
    imported = store::load_logged_model(tx, given.id);
    RETURN_IF_ERROR(imported);
    const events::Event event{0,
                              0,
                              before.ok() ? "logged_model.updated" : "logged_model.created",
                              "logged_model/" + given.id,
                              {{"model_id", given.id}, {"run_id", given.run_id}, {"status", to_string(given.status)}}};
    return events_.append(tx, event);
  }));
  return imported;
}

}  // namespace treadle::tracking
