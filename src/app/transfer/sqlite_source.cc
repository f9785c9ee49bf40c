#include "app/transfer/sqlite_source.h"

#include <limits>

#include "app/transfer/local_artifacts.h"
#include "storage/sql/sqlite_file.h"

namespace treadle::app::transfer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 1000;
constexpr std::string_view kRuns =
    "SELECT run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id"
    " FROM runs";

Run run_of(const sql::Row& row) {
  Run run;
  tracking::Run& record = run.record;
  record.id = row.string(0);
  record.name = row.string(1);
  record.user = row.string(2);
  record.status = tracking::parse_run_status(row.text(3)).value_or(tracking::RunStatus::kRunning);
  record.start_ms = row.integer(4);
  record.end_ms = row.optional_integer(5);
  record.deleted = row.text(6) == "deleted";
  run.artifact_uri = row.string(7);
  record.experiment_id = str_cat(row.integer(8));
  return run;
}

}  // namespace

StatusOr<std::unique_ptr<Source>> SqliteSource::open(const fs::path& file, const SourceOptions& options,
                                                     Problems problems) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return invalid_field("source", "there is no file ", file.string());
  ASSIGN_OR_RETURN(auto database, sql::open_sqlite_file(file.string()));
  auto source = std::unique_ptr<SqliteSource>(
      new SqliteSource(std::move(database), fs::absolute(file).parent_path(), options, std::move(problems)));
  RETURN_IF_ERROR(source->find_columns());
  for (const char* table : {"experiments", "runs", "metrics", "params", "tags"}) {
    if (source->has(table)) continue;
    return invalid_field("source", file.string(), " is not an MLflow database: it has no table \"", table, "\"");
  }
  return std::unique_ptr<Source>(std::move(source));
}

Status SqliteSource::find_columns() {
  return database_->query(
      "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'", {},
      [this](const sql::Row& row) {
        known_.insert(row.string(0));
        known_.insert(str_cat(row.text(0), ".", row.text(1)));
        return ok_status();
      });
}

StatusOr<tracking::Tags> SqliteSource::texts(const std::string& sql, const sql::Values& values) {
  tracking::Tags found;
  RETURN_IF_ERROR(database_->query(sql, values, [&](const sql::Row& row) {
    found.emplace_back(row.string(0), row.string(1));
    return ok_status();
  }));
  return found;
}

StatusOr<std::vector<tracking::Experiment>> SqliteSource::experiments() {
  std::vector<tracking::Experiment> found;
  const bool timed = has("experiments.creation_time");
  RETURN_IF_ERROR(database_->query(
      str_cat("SELECT experiment_id, name, lifecycle_stage", timed ? ", creation_time, last_update_time" : "",
              " FROM experiments ORDER BY experiment_id"),
      {}, [&](const sql::Row& row) {
        tracking::Experiment experiment;
        experiment.id = str_cat(row.integer(0));
        experiment.name = row.string(1);
        experiment.deleted = row.text(2) == "deleted";
        experiment.created_ms = timed ? row.integer(3) : 0;
        experiment.updated_ms = timed ? row.integer(4) : 0;
        found.push_back(std::move(experiment));
        return ok_status();
      }));
  for (auto& experiment : found) {
    ASSIGN_OR_RETURN(experiment.tags, texts("SELECT key, value FROM experiment_tags WHERE experiment_id = ?",
                                            {parse_int(experiment.id).value_or(0)}));
  }
  return found;
}

Status SqliteSource::runs(const std::string& experiment_id, const std::function<Status(Run&&)>& each) {
  // A page at a time by key: the callback may take long, and the server may be writing.
  std::string after;
  for (;;) {
    std::vector<Run> page;
    RETURN_IF_ERROR(
        database_->query(str_cat(kRuns, " WHERE experiment_id = ? AND run_uuid > ? ORDER BY run_uuid LIMIT 200"),
                         {parse_int(experiment_id).value_or(-1), after}, [&](const sql::Row& row) {
                           page.push_back(run_of(row));
                           return ok_status();
                         }));
    if (page.empty()) return ok_status();
    after = page.back().record.id;
    for (Run& run : page) {
      RETURN_IF_ERROR(read_children(run));
      RETURN_IF_ERROR(each(std::move(run)));
    }
  }
}

StatusOr<Run> SqliteSource::run(const std::string& /*experiment_id*/, const std::string& run_id) {
  std::optional<Run> found;
  RETURN_IF_ERROR(database_->query(str_cat(kRuns, " WHERE run_uuid = ?"), {run_id}, [&](const sql::Row& row) {
    found = run_of(row);
    return ok_status();
  }));
  if (!found) return not_found("there is no run ", run_id);
  RETURN_IF_ERROR(read_children(*found));
  return *std::move(found);
}

Status SqliteSource::read_children(Run& run) {
  tracking::Run& record = run.record;
  ASSIGN_OR_RETURN(record.params, texts("SELECT key, value FROM params WHERE run_uuid = ?", {record.id}));
  ASSIGN_OR_RETURN(record.tags, texts("SELECT key, value FROM tags WHERE run_uuid = ?", {record.id}));
  for (const auto& [key, value] : record.tags) {
    if (key == "mlflow.runName") record.name = value;
  }
  RETURN_IF_ERROR(database_->query(
      str_cat("SELECT DISTINCT key FROM ", has("latest_metrics") ? "latest_metrics" : "metrics", " WHERE run_uuid = ?"),
      {record.id}, [&](const sql::Row& row) {
        record.metrics.push_back({row.string(0)});
        return ok_status();
      }));
  return read_inputs(run);
}

Status SqliteSource::read_inputs(Run& run) {
  tracking::Run& record = run.record;
  if (!has("inputs")) return ok_status();
  std::vector<std::string> ids;
  RETURN_IF_ERROR(database_->query(
      "SELECT i.input_uuid, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,"
      " d.dataset_profile FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id"
      " WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id = ?",
      {record.id}, [&](const sql::Row& row) {
        ids.push_back(row.string(0));
        record.inputs.push_back(
            {row.string(1), row.string(2), row.string(3), row.string(4), row.string(5), row.string(6), {}});
        return ok_status();
      }));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSIGN_OR_RETURN(record.inputs[i].tags, texts("SELECT name, value FROM input_tags WHERE input_uuid = ?", {ids[i]}));
  }
  if (!has("inputs.step")) return ok_status();
  return database_->query(
      "SELECT source_type, destination_id, step FROM inputs WHERE source_id = ? AND destination_type IN"
      " ('MODEL_INPUT', 'MODEL_OUTPUT')",
      {record.id}, [&](const sql::Row& row) {
        auto& links = row.text(0) == "RUN_INPUT" ? record.model_inputs : record.model_outputs;
        links.push_back({row.string(1), row.integer(2)});
        return ok_status();
      });
}

Status SqliteSource::history(const Run& run, const std::string& key,
                             const std::function<Status(std::vector<tracking::Metric>&&)>& each) {
  std::vector<tracking::Metric> batch;
  RETURN_IF_ERROR(database_->query("SELECT value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? AND key = ?",
                                   {run.record.id, key}, [&](const sql::Row& row) -> Status {
                                     const double value =
                                         row.integer(3) != 0 ? std::numeric_limits<double>::quiet_NaN() : row.real(0);
                                     batch.push_back({key, value, row.integer(1), row.integer(2)});
                                     return batch.size() < kBatch ? ok_status() : each(std::exchange(batch, {}));
                                   }));
  return batch.empty() ? ok_status() : each(std::move(batch));
}

StatusOr<std::vector<ArtifactFile>> SqliteSource::artifacts(const Owner& owner) {
  ASSIGN_OR_RETURN(const fs::path folder, local_folder(owner.artifact_uri, folder_, options_.artifacts_root));
  return files_below(folder);
}

StatusOr<fs::path> SqliteSource::artifact(const Owner& owner, const std::string& path, const fs::path& /*scratch*/) {
  ASSIGN_OR_RETURN(const fs::path folder, local_folder(owner.artifact_uri, folder_, options_.artifacts_root));
  return folder / path;
}

StatusOr<std::string> SqliteSource::left_behind() {
  if (!has("trace_info")) return std::string();
  ASSIGN_OR_RETURN(const auto traces, database_->query_integer("SELECT COUNT(*) FROM trace_info"));
  return traces.value_or(0) == 0 ? "" : str_cat(*traces, " traces");
}

}  // namespace treadle::app::transfer
