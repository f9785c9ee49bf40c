// Tracking: the record of what was run, with what, and what came out. All methods are thread-safe; a write that
// returned ok is durable and its event is in the log; only `run.logged` follows within a second (log_announcer.h).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/tracking/log_announcer.h"
#include "domains/tracking/metric_feed.h"
#include "domains/tracking/metric_points.h"
#include "domains/tracking/places.h"
#include "domains/tracking/run_columns.h"
#include "domains/tracking/trash.h"
#include "domains/tracking/types.h"
#include "storage/blob/blob_store.h"
#include "storage/sql/database.h"

namespace treadle::tracking {

// What one call may carry; MLflow's own numbers.
struct Limits {
  static constexpr std::size_t kKey = 250, kParamValue = 6000, kTagValue = 8000, kExperimentName = 500,
                               kExperimentTagValue = 20'000;
  static constexpr std::size_t kBatchParams = 100, kBatchTags = 100, kBatchMetrics = 1000, kBatchEntities = 1000;
  static constexpr std::int64_t kRunPage = 50'000, kMetricPage = 25'000;
};

class Service {
 public:
  Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
          blob::BlobStore& blobs);
  Status open();

  // `location`: where the artifacts of its runs are to be kept, see places.h; empty is below the proxy's own folder.
  StatusOr<Experiment> create_experiment(const std::string& name, const Tags& tags = {},
                                         const std::string& location = "");
  StatusOr<Experiment> get_experiment(const std::string& id);
  StatusOr<Experiment> get_experiment_by_name(const std::string& name);
  // The experiment of that name or id, made when it is not there. "" is Default.
  StatusOr<Experiment> ensure_experiment(const std::string& name_or_id);
  StatusOr<Page<Experiment>> search_experiments(const ExperimentQuery& query);
  // How many runs that are not deleted each of these has, in their order.
  StatusOr<std::vector<std::int64_t>> count_runs(const std::vector<std::string>& experiment_ids);
  Status rename_experiment(const std::string& id, const std::string& name);
  Status delete_experiment(const std::string& id);
  Status restore_experiment(const std::string& id);
  Status set_experiment_tag(const std::string& id, const std::string& key, const std::string& value);
  Status delete_experiment_tag(const std::string& id, const std::string& key);

  // With an id given it is safe to repeat: an existing run of that id is returned as it is.
  StatusOr<Run> create_run(const NewRun& run);
  StatusOr<Run> get_run(const std::string& id);
  // Without reading the run: whose permissions count for it.
  StatusOr<std::string> experiment_of_run(const std::string& id);
  StatusOr<Page<Run>> search_runs(const RunQuery& query);
  // Of all that `query` finds, whatever its page and order: how many have each value of `by` (parse_group_by()).
  StatusOr<RunGroups> group_runs(const RunQuery& query, const std::string& by);
  StatusOr<Run> update_run(const std::string& id, const RunUpdate& update);
  Status delete_run(const std::string& id);
  Status restore_run(const std::string& id);

  // All or nothing. A param keeps its first value; repeating it with another is an error.
  Status log_batch(const std::string& run_id, const Batch& batch);
  Status delete_tag(const std::string& run_id, const std::string& key);
  // The points of one series, each once.
  StatusOr<Page<Point>> metric_history(const PointQuery& query);

  // The run's points from now on, or from a place that an earlier follower of it was given.
  StatusOr<std::unique_ptr<MetricFeed::Follower>> follow_metrics(const std::string& run_id, std::string_view place);

  // The datasets that runs of these experiments had as inputs, each once per context; at most `limit`.
  StatusOr<std::vector<DatasetSummary>> search_datasets(const std::vector<std::string>& experiment_ids,
                                                        std::int64_t limit);

  // Logged models (logged_models.cc). Ids are given by the server.
  StatusOr<LoggedModel> create_logged_model(const LoggedModel& model);
  // A deleted one only when `deleted_too`.
  StatusOr<LoggedModel> get_logged_model(const std::string& id, bool deleted_too = false);
  StatusOr<Page<LoggedModel>> search_logged_models(const ModelQuery& query);
  StatusOr<LoggedModel> finalize_logged_model(const std::string& id, ModelStatus status);
  Status delete_logged_model(const std::string& id);
  StatusOr<LoggedModel> set_logged_model_tags(const std::string& id, const Tags& tags);
  Status delete_logged_model_tag(const std::string& id, const std::string& key);
  // Notes a model of the 2.x kind in the run's tag "mlflow.log-model.history", a JSON list to which this adds one.
  Status note_model(const std::string& run_id, const Json& model);
  Status log_logged_model_params(const std::string& id, const Tags& params);

  // Removes for good what was deleted before a time (trash.h).
  StatusOr<Purged> purge(const PurgeQuery& query);

  // Taking over records of another store with their ids and times (import.cc); all are safe to repeat. Params, tags,
  // metrics and links of a run follow through log_batch while it is active, so a run's last state is imported last.
  // The experiment of that name, made when it is not there; its tags are added.
  StatusOr<Experiment> import_experiment(const Experiment& experiment);
  // Everything of the run's own row. kAlreadyExists when the id is taken in another experiment.
  StatusOr<Run> import_run(const Run& run);
  // With params, tags and at most a batch of metrics, which are added.
  StatusOr<LoggedModel> import_logged_model(const LoggedModel& model);

  // Blob key of a run's artifact folder: "artifacts/<experiment>/<run>/artifacts".
  static std::string artifact_root(const Run& run);
  // Whether this server keeps them; else artifact_root() is a folder with nothing in it.
  static Status artifacts_are_here(const Run& run);
  // "mlflow-artifacts:/<experiment>/<run>/artifacts".
  static std::string artifact_uri(const Run& run);
  // "artifacts/<experiment>/models/<model>/artifacts", and the same as a URI.
  static std::string artifact_root(const LoggedModel& model);
  static std::string artifact_uri(const LoggedModel& model);
  blob::BlobStore& blobs() { return blobs_; }

 private:
  Status write(const std::function<Status(sql::Connection&)>& work) { return database_.write(work); }
  Status change_run(const std::string& id, bool deleted);
  Status link_models(sql::Connection& tx, const Run& run, const Batch& batch);
  StatusOr<LoggedModel> change_logged_model(const std::string& id,
                                            const std::function<Status(sql::Connection&, LoggedModel&)>& change);

  sql::Database& database_;
  events::EventLog& events_;
  lineage::Graph& graph_;
  const Clock& clock_;
  blob::BlobStore& blobs_;
  LogAnnouncer announcer_;
  Trash trash_;
  Places places_;
  RunColumns columns_;
  MetricFeed feed_;
};

}  // namespace treadle::tracking
