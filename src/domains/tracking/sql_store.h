// Tracking's tables and the SQL over them. Every function works inside a connection or transaction it is given; rules,
// limits and events are the service's.
#pragma once

#include <vector>

#include "domains/tracking/search_sql.h"
#include "domains/tracking/types.h"
#include "storage/sql/database.h"

namespace treadle::tracking::store {

const std::vector<sql::Migration>& migrations();

// Experiments. Ids are decided by the store: the next integer.
StatusOr<std::string> insert_experiment(sql::Connection& tx, const std::string& name, std::int64_t now_ms);
StatusOr<Experiment> load_experiment(sql::Connection& connection, const std::string& id);
// kInvalidArgument when it is deleted.
StatusOr<Experiment> load_active_experiment(sql::Connection& connection, const std::string& id);
// Those that are there, in the order of the ids.
StatusOr<std::vector<Experiment>> load_experiments(sql::Connection& connection, const std::vector<std::string>& ids);
StatusOr<std::vector<std::int64_t>> count_runs(sql::Connection& connection,
                                               const std::vector<std::string>& experiment_ids);
StatusOr<std::optional<std::string>> find_experiment(sql::Connection& connection, const std::string& name);
StatusOr<Page<Experiment>> search_experiments(sql::Connection& connection, const ExperimentQuery& query);
Status rename_experiment(sql::Connection& tx, const std::string& id, const std::string& name, std::int64_t now_ms);
Status mark_experiment(sql::Connection& tx, const std::string& id, bool deleted, std::int64_t now_ms);
Status put_experiment_tag(sql::Connection& tx, const std::string& id, const std::string& key, const std::string& value);
// Deletion and times, as they are given.
Status put_experiment_row(sql::Connection& tx, const std::string& id, const Experiment& experiment);
StatusOr<bool> remove_experiment_tag(sql::Connection& tx, const std::string& id, const std::string& key);

// Runs.
Status insert_run(sql::Connection& tx, const Run& run);
// With everything that belongs to it.
StatusOr<Run> load_run(sql::Connection& connection, const std::string& id);
// Only the row itself.
StatusOr<Run> load_run_row(sql::Connection& connection, const std::string& id);
// These runs in this order, at most `limit` of them; without those that are not there.
StatusOr<Page<Run>> load_page(sql::Connection& connection, std::vector<std::string> ids, std::int64_t limit);
Status update_run(sql::Connection& tx, const std::string& id, const RunUpdate& update);
// Name, status, deletion, times and user of an existing run, as they are given.
Status put_run_row(sql::Connection& tx, const Run& run);
Status mark_run(sql::Connection& tx, const std::string& id, bool deleted);

// What belongs to a run.
struct ParamChange {
  std::string key, from, to;
};
// The first param that already has another value, if there is one; the caller then gives up the transaction.
StatusOr<std::optional<ParamChange>> put_params(sql::Connection& tx, const std::string& run, const Tags& params);
// Of a key that comes twice the last value counts.
Status put_tags(sql::Connection& tx, const std::string& run, const Tags& tags);
StatusOr<bool> remove_tag(sql::Connection& tx, const std::string& run, const std::string& key);
StatusOr<std::vector<DatasetSummary>> search_datasets(sql::Connection& connection,
                                                      const std::vector<std::string>& experiment_ids,
                                                      std::int64_t limit);
Status put_input(sql::Connection& tx, const std::string& run, const DatasetInput& input);

// Logged models (logged_model_store.cc).
Status insert_logged_model(sql::Connection& tx, const LoggedModel& model);
// Deleted ones too.
StatusOr<LoggedModel> load_logged_model(sql::Connection& connection, const std::string& id);
StatusOr<Page<LoggedModel>> search_logged_models(sql::Connection& connection, const ModelQuery& query);
// Status, deletion and time of change.
Status update_logged_model(sql::Connection& tx, const LoggedModel& model);
Status put_logged_model_tag(sql::Connection& tx, const std::string& id, const std::string& key,
                            const std::string& value);
StatusOr<bool> remove_logged_model_tag(sql::Connection& tx, const std::string& id, const std::string& key);
Status put_logged_model_param(sql::Connection& tx, const std::string& id, const std::string& key,
                              const std::string& value);
// Those of the metrics that name a model; kNotFound when it is not there.
Status put_model_metrics(sql::Connection& tx, const std::string& run, const std::vector<Metric>& metrics);
// `direction` is "input" or "output".
Status put_run_model(sql::Connection& tx, const std::string& run, const ModelLink& link, std::string_view direction);

}  // namespace treadle::tracking::store
