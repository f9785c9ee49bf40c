// The words of tracking: experiments hold runs; a run has params, metrics over steps, tags and the datasets it read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace treadle::tracking {

using Tags = std::vector<std::pair<std::string, std::string>>;

enum class RunStatus { kRunning = 1, kScheduled = 2, kFinished = 3, kFailed = 4, kKilled = 5 };
constexpr bool has_ended(RunStatus status) { return status != RunStatus::kRunning && status != RunStatus::kScheduled; }

struct Experiment {
  std::string id;  // a small integer as text; "0" is Default
  std::string name;
  bool deleted = false;
  std::int64_t created_ms = 0, updated_ms = 0;
  Tags tags;
  std::string artifact_location = {};  // chosen by its maker; else empty
};

struct Metric {
  std::string key;
  double value = 0;  // may be NaN; infinities are stored as the largest double
  std::int64_t time_ms = 0;
  std::int64_t step = 0;
  // When it measures a logged model: which, and on which dataset. May be empty.
  std::string model_id = {}, dataset_name = {}, dataset_digest = {};
};

// A dataset that a run read. Digest and source say which bytes exactly.
struct DatasetInput {
  std::string name, digest, source_type, source, schema, profile;
  Tags tags;  // "mlflow.data.context": training, evaluation …
};

// A model that a run read or made.
struct ModelLink {
  std::string model_id;
  std::int64_t step = 0;
};

struct Run {
  std::string id;  // 32 hex digits
  std::string experiment_id;
  std::string name;
  RunStatus status = RunStatus::kRunning;
  bool deleted = false;
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> end_ms;
  std::string user;
  Tags params, tags;
  std::vector<Metric> metrics;  // the newest of each key
  std::vector<DatasetInput> inputs;
  std::vector<ModelLink> model_inputs, model_outputs;
  std::string artifact_location = {};  // of its experiment, when that is not where runs usually are
};

struct NewRun {
  std::string id;  // empty: a new one
  std::string experiment_id = "0";
  std::string name;           // empty: a made-up one
  std::int64_t start_ms = 0;  // 0: now
  std::string user;
  Tags tags;
};

struct RunUpdate {
  std::optional<RunStatus> status;
  std::optional<std::int64_t> end_ms;
  std::optional<std::string> name;
};

struct Batch {
  Tags params, tags;
  std::vector<Metric> metrics;
  std::vector<DatasetInput> inputs;
  std::vector<ModelLink> model_inputs, model_outputs;
};

enum class ModelStatus { kPending = 1, kReady = 2, kUploadFailed = 3 };

// A metric of a logged model and the run that measured it.
struct ModelMetric {
  Metric metric;
  std::string run_id;
};

// A model as a run made it, before anybody registers it: its files, params and tags have a life of their own.
struct LoggedModel {
  std::string id;  // "m-" and 32 hex digits
  std::string experiment_id;
  std::string name;
  std::string type;    // as its maker calls it; may be empty
  std::string run_id;  // the run that made it; may be empty
  ModelStatus status = ModelStatus::kPending;
  bool deleted = false;
  std::int64_t created_ms = 0, updated_ms = 0;
  Tags params, tags;
  std::vector<ModelMetric> metrics;    // every point, oldest first
  std::string artifact_location = {};  // as of a run
};

enum class View { kActive, kDeleted, kAll };

struct RunQuery {
  std::vector<std::string> experiment_ids;
  std::string filter;  // the search grammar, see filter.h
  std::vector<std::string> order_by;
  View view = View::kActive;
  std::int64_t limit = 1000;
  std::int64_t offset = 0;
};

struct ExperimentQuery {
  std::string filter;
  std::vector<std::string> order_by;
  View view = View::kActive;
  std::int64_t limit = 1000;
  std::int64_t offset = 0;
};

// A dataset that metrics of logged models were measured on; an empty digest means any.
struct DatasetRef {
  std::string name, digest;
};

// An attribute, or "metrics.KEY": the newest value, of those measured on `dataset` when it is named.
struct ModelOrder {
  std::string field;
  bool ascending = true;
  DatasetRef dataset = {};
};

// Filter over metrics, params, tags and the attributes name, model_id, model_type, status, source_run_id,
// creation_timestamp and last_updated_timestamp. Of models measured on one of `datasets` when some are named; metrics
// in the filter are then those.
struct ModelQuery {
  std::vector<std::string> experiment_ids;
  std::string filter = {};
  std::vector<ModelOrder> order_by = {};
  std::vector<DatasetRef> datasets = {};
  std::int64_t limit = 100;
  std::int64_t offset = 0;
};

struct DatasetSummary {
  std::string experiment_id, name, digest, context;
};

template <typename T>
struct Page {
  std::vector<T> items;
  bool more = false;  // there are items after these
};

std::string_view to_string(RunStatus status);
std::optional<RunStatus> parse_run_status(std::string_view text);
// READY …
std::string_view to_string(ModelStatus status);

}  // namespace treadle::tracking
