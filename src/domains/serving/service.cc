#include "domains/serving/service.h"

#include <algorithm>

#include "base/ids.h"
#include "domains/registry/rules.h"

namespace treadle::serving {

std::string_view to_string(DeploymentState state) {
  switch (state) {
    case DeploymentState::kLoading:
      return "LOADING";
    case DeploymentState::kReady:
      return "READY";
    case DeploymentState::kFailed:
      return "FAILED";
    case DeploymentState::kStopped:
      return "STOPPED";
  }
  return "FAILED";
}

Service::Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
                 ModelSource& source, PredictionSink& sink)
    : database_(database),
      events_(events),
      clock_(clock),
      source_(source),
      sink_(sink),
      store_(database),
      queue_(std::make_unique<PredictionQueue>(sink, clock, PredictionQueue::Options{})),
      reconciler_({database, events, graph, clock, source, store_, runtimes_, live_}) {}

Service::~Service() { stop(); }

Status Service::open() { return store_.open(); }

Status Service::start() { return reconciler_.start(); }

void Service::stop() {
  reconciler_.stop();
  queue_->flush();
}

Deployment Service::describe(const DeploymentRow& row) const {
  Deployment out;
  out.name = row.name;
  out.model = row.desired.model;
  out.version = row.desired.version;
  out.desired_version = row.desired.version;
  out.error = row.error;
  out.created_ms = row.created_ms;
  out.updated_ms = row.updated_ms;
  const auto live = live_.find(row.name);
  const auto current = live ? live->current.get() : nullptr;
  if (live) out.stats = live->stats.snapshot();
  if (current) {
    out.model = current->model;
    out.version = current->version;
    out.state = DeploymentState::kReady;
  } else if (row.observed < row.generation || !ready()) {
    out.state = DeploymentState::kLoading;
  } else {
    out.state = row.stopped && row.error.empty() ? DeploymentState::kStopped : DeploymentState::kFailed;
  }
  return out;
}

StatusOr<std::vector<Deployment>> Service::list() {
  ASSIGN_OR_RETURN(const std::vector<DeploymentRow> rows, store_.list());
  std::vector<Deployment> out;
  out.reserve(rows.size());
  for (const DeploymentRow& row : rows) out.push_back(describe(row));
  return out;
}

StatusOr<DeploymentRow> Service::find(std::string_view name) {
  auto row = store_.get(name);
  if (row.ok() || row.status().code() != StatusCode::kNotFound) return row;
  const auto known = live_.acquire(name, {});  // its message names the nearest deployment
  return known.ok() ? row : StatusOr<DeploymentRow>(known.status());
}

StatusOr<Deployment> Service::get(std::string_view name) {
  ASSIGN_OR_RETURN(const DeploymentRow row, find(name));
  return describe(row);
}

StatusOr<std::vector<DeploymentChange>> Service::history(std::string_view name) {
  RETURN_IF_ERROR(find(name));
  return store_.history(name);
}

StatusOr<Deployment> Service::deploy(std::string_view name, const DeploymentSpec& spec) {
  RETURN_IF_ERROR(registry::check_deployment_name(name));
  if (spec.model.empty()) return invalid_field("model", "is required");
  if (spec.version < 1) return invalid_field("version", "must be a positive integer, got ", spec.version);
  RETURN_IF_ERROR(source_.locate(spec.model, spec.version));
  const auto row = store_.get(name);
  if (row.ok() && !row->stopped && row->observed == row->generation && row->error.empty() &&
      row->active_model == spec.model && row->active_version == spec.version) {
    return describe(*row);  // it serves already
  }
  RETURN_IF_ERROR(source_.admit(spec.model, spec.version, name, spec.reason));
  return request(name, spec, false);
}

std::int64_t Service::serving_now(std::string_view name, std::string_view model) const {
  const auto live = live_.find(name);
  const auto current = live ? live->current.get() : nullptr;
  return current && current->model == model ? current->version : 0;
}

StatusOr<Deployment> Service::set_stopped(std::string_view name, bool stopped, std::string_view reason) {
  ASSIGN_OR_RETURN(DeploymentRow row, find(name));
  if (stopped && row.stopped && row.observed == row.generation) return describe(row);
  // A version that never worked is not what comes back: the last good one is.
  if (row.active_version != 0 && !row.error.empty()) {
    row.desired.model = row.active_model;
    row.desired.version = row.active_version;
  }
  row.desired.reason = reason;
  row.desired.run_id.clear();
  // What was let through once need not hold any more.
  if (!stopped && serving_now(name, row.desired.model) != row.desired.version) {
    RETURN_IF_ERROR(source_.admit(row.desired.model, row.desired.version, name, reason));
  }
  return request(name, row.desired, stopped);
}

StatusOr<Deployment> Service::request(std::string_view name, const DeploymentSpec& spec, bool stopped) {
  std::int64_t generation = 0;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(generation, store_.request(tx, name, spec, stopped, clock_.now_ms()));
    const Json payload = {{"deployment", name}, {"model", spec.model}, {"version", spec.version}, {"stopped", stopped}};
    return events_.append(tx, {0, 0, "deployment.requested", str_cat("deployment/", name), payload});
  }));
  reconciler_.wake();
  const Status outcome = reconciler_.wait(name, generation, kDeployTimeout);
  if (!outcome.ok()) {
    if (outcome.code() == StatusCode::kDeadlineExceeded || outcome.code() == StatusCode::kUnavailable) return outcome;
    return failed_precondition("deployment '", name, "': ", outcome.message());
  }
  return get(name);
}

StatusOr<Call> Service::begin(std::string_view name, std::string_view version) const {
  ASSIGN_OR_RETURN(Lease lease, live_.acquire(name, version));
  return Call(std::move(lease));
}

void Service::finish(Call& call, std::string_view key) {
  call.succeeded(clock_.now_ms());
  queue_->push(call, key);
}

Status Service::finish_durably(Call& call, const Context& context, std::vector<PredictionRow>& rows) {
  PredictionBatch batch = make_batch(call.lease(), clock_.now_ms());
  batch.origin_ms = context.origin_ms;
  batch.run_id = context.run_id;
  const std::span<const float> features = call.features().values();
  batch.features.assign(features.begin(), features.end());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].id = new_ulid();
    rows[i].value = static_cast<double>(call.values()[i]);
  }
  batch.rows = rows;
  std::vector<PredictionBatch> batches;
  batches.push_back(std::move(batch));
  RETURN_IF_ERROR(sink_.append(batches));
  call.succeeded(clock_.now_ms());
  return ok_status();
}

}  // namespace treadle::serving
