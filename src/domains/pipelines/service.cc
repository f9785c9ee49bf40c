#include "domains/pipelines/service.h"

#include "base/files.h"
#include "base/ids.h"
#include "domains/pipelines/engine.h"
#include "domains/pipelines/parameters.h"
#include "domains/pipelines/spec.h"
#include "domains/pipelines/store.h"

namespace treadle::pipelines {
namespace {

StatusOr<std::string> canonical_id(const std::string& id, const char* field) {
  const std::string hex = to_lower(replace_all(id, "-", ""));
  if (!is_hex_id(hex) || (id.size() != 32 && id.size() != 36)) {
    return invalid_field(field, "must be a UUID or 32 hex digits, got \"", std::string_view(id).substr(0, 60), "\"");
  }
  return hex_to_uuid(hex);
}

}  // namespace

Service::Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
                 blob::BlobStore& blobs, tracking::Service& tracking, executors::Executor& executor, Options options)
    : database_(database),
      events_(events),
      clock_(clock),
      blobs_(blobs),
      tracking_(tracking),
      engine_(std::make_unique<Engine>(database, events, graph, clock, blobs, tracking, executor, std::move(options))) {
}

Service::~Service() = default;

Status Service::open() { return sql::migrate(database_, "pipelines", store::migrations()); }
void Service::set_server(std::string url, std::string token) {
  engine_->options().server_url = std::move(url);
  engine_->options().server_token = std::move(token);
}
Status Service::start() { return engine_->start(); }
void Service::stop() { engine_->stop(); }

StatusOr<Run> Service::submit(const Submission& submission) {
  Run run;
  ASSIGN_OR_RETURN(run.id, canonical_id(submission.id.empty() ? new_ordered_hex_id() : submission.id, "id"));
  if (!submission.id.empty()) {
    StatusOr<Run> existing = find_run(run.id);
    if (existing.ok()) {
      RETURN_IF_ERROR(engine_->begin_tracking(*existing));
      return existing;
    }
    if (existing.status().code() != StatusCode::kNotFound) return existing.status();
  }
  Json spec = unwrap_spec(submission.spec);
  if (spec.is_null()) {
    if (submission.pipeline.empty() && submission.version_id.empty()) {
      return invalid_field("pipeline_spec", "give a pipeline_spec, or the name of a stored pipeline");
    }
    PipelineVersion version;
    if (!submission.version_id.empty()) {
      ASSIGN_OR_RETURN(version, get_version(submission.version_id));
    } else {
      ASSIGN_OR_RETURN(const Pipeline stored, get_pipeline(submission.pipeline));
      if (stored.latest_version_id.empty()) return failed_precondition("pipeline ", stored.name, " has no version");
      ASSIGN_OR_RETURN(version, get_version(stored.latest_version_id));
    }
    ASSIGN_OR_RETURN(const Pipeline stored, get_pipeline(version.pipeline_id));
    run.pipeline = stored.name;
    run.pipeline_id = stored.id;
    run.version_id = version.id;
    run.code = version.code;
    spec = std::move(version.spec);
  }
  if (!submission.code.commit.empty()) run.code = submission.code;
  RETURN_IF_ERROR(check_spec(spec));
  if (run.pipeline.empty()) run.pipeline = spec_name(spec);
  ASSIGN_OR_RETURN(run.parameters, complete_parameters(definitions(spec["root"], "inputDefinitions", "parameters"),
                                                       submission.parameters, "parameters"));
  if (!engine_->has_room())
    return resource_exhausted("too many pipeline runs are active; try again when some are done");
  ASSIGN_OR_RETURN(const tracking::Experiment experiment, tracking_.ensure_experiment(submission.experiment));
  run.experiment_id = experiment.id;
  run.created_ms = clock_.now_ms();
  run.name = submission.name.empty() ? str_cat(run.pipeline, "-", run.tracking_id().substr(0, 8)) : submission.name;
  run.description = submission.description;
  if (run.name.size() > 500) return invalid_field("name", "is longer than 500 characters");

  const RunGraph graph(run, spec, submission.enable_caching);
  const Status inserted = database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::insert_run(tx, run, spec, submission.enable_caching));
    for (const Node* node : graph.nodes()) RETURN_IF_ERROR(store::put_task(tx, run.id, node->position, node->task));
    return events_.append(tx, engine_->records().run_event("pipeline_run.created", run));
  });
  if (inserted.code() == StatusCode::kAlreadyExists) return find_run(run.id);
  RETURN_IF_ERROR(inserted);
  const Status tracked = engine_->begin_tracking(run);
  engine_->take_up(run.id);
  RETURN_IF_ERROR(tracked);
  return run;
}

StatusOr<Run> Service::find_run(const std::string& id) {
  StatusOr<Run> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_run(connection, id);
    return ok_status();
  }));
  return found;
}

StatusOr<Run> Service::get_run(const std::string& id) {
  const StatusOr<std::string> uuid = canonical_id(id, "run_id");
  if (!uuid.ok()) return not_found("pipeline run ", std::string_view(id).substr(0, 60), " does not exist");
  return find_run(*uuid);
}

StatusOr<std::vector<Task>> Service::tasks(const std::string& run_id) {
  ASSIGN_OR_RETURN(const Run run, get_run(run_id));
  std::vector<Task> out;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(out, store::load_tasks(connection, run.id));
    return ok_status();
  }));
  return out;
}

StatusOr<Json> Service::run_spec(const std::string& run_id) {
  ASSIGN_OR_RETURN(const Run run, get_run(run_id));
  Json out;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(store::RunSpec spec, store::load_spec(connection, run.id));
    out = std::move(spec.spec);
    return ok_status();
  }));
  return out;
}

StatusOr<Page<Run>> Service::list_runs(const RunQuery& query) {
  if (query.limit < 1 || query.limit > 1000) return invalid_field("limit", "must be between 1 and 1000");
  if (query.offset < 0) return invalid_field("page_token", "is not one that this server gave");
  Page<Run> page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(page, store::list_runs(connection, query));
    return ok_status();
  }));
  return page;
}

StatusOr<std::string> Service::task_log(const std::string& run_id, const std::string& task, std::int64_t offset,
                                        std::int64_t limit) {
  if (offset < 0) return invalid_field("offset", "must not be negative");
  ASSIGN_OR_RETURN(const Run run, get_run(run_id));
  ASSIGN_OR_RETURN(const std::vector<Task> all, tasks(run.id));
  for (const Task& one : all) {
    if (one.name != task) continue;
    const auto reader = blobs_.open(str_cat("logs/", run.id, "/", task, "-", one.attempts, ".log"));
    if (!reader.ok()) return std::string();
    if (static_cast<std::uint64_t>(offset) >= (*reader)->size()) return std::string();
    RETURN_IF_ERROR((*reader)->seek(static_cast<std::uint64_t>(offset)));
    std::string text(static_cast<std::size_t>(limit), '\0');
    ASSIGN_OR_RETURN(const std::size_t count, (*reader)->read(text.data(), text.size()));
    text.resize(count);
    return text;
  }
  return not_found("pipeline run ", run.id, " has no task ", task);
}

Status Service::cancel(const std::string& run_id) {
  ASSIGN_OR_RETURN(const Run run, get_run(run_id));
  if (is_terminal(run.state))
    return failed_precondition("pipeline run ", run.id, " is ", to_string(run.state), " already");
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) {
    return detail::as_status(tx.execute("UPDATE pipeline_runs SET cancel_requested = 1 WHERE id = ?", {run.id}));
  }));
  engine_->cancel(run.id);
  return ok_status();
}

Status Service::archive(const std::string& run_id, bool archived) {
  ASSIGN_OR_RETURN(const Run run, get_run(run_id));
  return database_.write([&](sql::Connection& tx) {
    return detail::as_status(tx.execute("UPDATE pipeline_runs SET archived = ? WHERE id = ?", {archived, run.id}));
  });
}

Status Service::delete_run(const std::string& run_id) {
  ASSIGN_OR_RETURN(const Run run, get_run(run_id));
  if (!is_terminal(run.state)) {
    return failed_precondition("pipeline run ", run.id, " is ", to_string(run.state),
                               ": terminate it before deleting it");
  }
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::delete_run(tx, run.id));
    return events_.append(tx, engine_->records().run_event("pipeline_run.deleted", run));
  });
}

}  // namespace treadle::pipelines
