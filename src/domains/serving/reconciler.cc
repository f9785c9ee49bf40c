#include "domains/serving/reconciler.h"

#include "base/log.h"

namespace treadle::serving {
namespace {

std::string version_id(const std::string& model, std::int64_t version) { return str_cat(model, "/", version); }

Json payload_of(const DeploymentRow& row) {
  return {{"deployment", row.name},         {"model", row.desired.model},
          {"version", row.desired.version}, {"previous_version", row.active_version},
          {"reason", row.desired.reason},   {"run_id", row.desired.run_id}};
}

}  // namespace

Reconciler::Reconciler(Collaborators collaborators) : c_(collaborators) {}

Reconciler::~Reconciler() { stop(); }

Status Reconciler::start() {
  thread_ = std::thread([this] { run(); });
  subscription_ = c_.events.subscribe([this] { wake(); });
  return ok_status();
}

void Reconciler::stop() {
  subscription_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Reconciler::settled() const {
  const std::lock_guard lock(mutex_);
  return settled_;
}

void Reconciler::wake() {
  {
    const std::lock_guard lock(mutex_);
    wake_ = true;
  }
  changed_.notify_all();
}

Status Reconciler::wait(std::string_view name, std::int64_t generation, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto tried = [&] {
    const auto it = outcomes_.find(name);
    return stopping_ || (it != outcomes_.end() && it->second.generation >= generation);
  };
  if (!changed_.wait_for(lock, timeout, tried)) {
    return {StatusCode::kDeadlineExceeded,
            str_cat("deployment '", name, "' is still loading; ask for its state later")};
  }
  const auto it = outcomes_.find(name);
  if (it == outcomes_.end() || it->second.generation < generation) return unavailable("the server is stopping");
  return it->second.status;
}

void Reconciler::run() {
  restore_all();
  while (true) {
    std::int64_t seen = c_.events.last_sequence().value_or(0);  // asked first: what comes later is looked at again
    reconcile_all();
    {
      const std::lock_guard lock(mutex_);
      settled_ = true;
    }
    changed_.notify_all();
    // Most events are about something else: only those of deployments are worth a look at the table.
    while (true) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || wake_; });
        if (stopping_) return;
        wake_ = false;
      }
      const auto news = c_.events.next(seen, 1000, "deployment.requested");
      if (!news.ok()) {
        log_error("events cannot be read", {{"error", news.status().message()}});
        continue;
      }
      if (!news->empty()) break;
    }
  }
}

void Reconciler::restore_all() {
  const auto rows = c_.store.list();
  if (!rows.ok()) {
    log_error("deployments cannot be read", {{"error", rows.status().message()}});
    return;
  }
  for (const DeploymentRow& row : *rows) {
    const auto live = c_.live.ensure(row.name);
    if (row.stopped || row.active_version == 0) continue;
    auto loaded = load(row.active_model, row.active_version);
    if (loaded.ok()) {
      live->current.set(*std::move(loaded));
    } else if (row.observed == row.generation) {  // else the newer version is tried next
      record_failed(row, loaded.status());
    }
  }
}

void Reconciler::reconcile_all() {
  const auto rows = c_.store.list();
  if (!rows.ok()) {
    log_error("deployments cannot be read", {{"error", rows.status().message()}});
    return;
  }
  for (const DeploymentRow& row : *rows) {
    if (row.observed >= row.generation) continue;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const Status status = reconcile(row);
    if (!status.ok()) record_failed(row, status);
    note(row.name, row.generation, status);
  }
}

Status Reconciler::reconcile(const DeploymentRow& row) {
  const auto live = c_.live.ensure(row.name);
  std::shared_ptr<const LiveVersion> next;  // null takes it offline
  if (!row.stopped) {
    ASSIGN_OR_RETURN(next, load(row.desired.model, row.desired.version));
  }
  RETURN_IF_ERROR(record_reached(row));
  live->current.set(std::move(next));
  log_info(row.stopped ? "deployment stopped" : "deployment ready",
           {{"deployment", row.name}, {"model", row.desired.model}, {"version", row.desired.version}});
  return ok_status();
}

StatusOr<std::shared_ptr<const LiveVersion>> Reconciler::load(const std::string& model, std::int64_t version) {
  ASSIGN_OR_RETURN(const std::filesystem::path folder, c_.source.locate(model, version));
  auto loaded = c_.runtimes.load(folder);
  if (!loaded.ok()) return with_context(loaded.status(), str_cat(model, " version ", version));
  auto live = std::make_shared<LiveVersion>();
  live->model = model;
  live->version = version;
  live->version_text = str_cat(version);
  live->runtime = *std::move(loaded);
  return std::shared_ptr<const LiveVersion>(std::move(live));
}

Status Reconciler::record_reached(const DeploymentRow& row) {
  return c_.database.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(c_.store.reached(tx, row, c_.clock.now_ms()));
    Json payload = payload_of(row);
    payload["state"] = row.stopped ? "STOPPED" : "READY";
    RETURN_IF_ERROR(c_.events.append(tx, {0, 0, "deployment.updated", str_cat("deployment/", row.name), payload}));
    if (row.stopped) return ok_status();
    const lineage::NodeKey version{"model_version", version_id(row.desired.model, row.desired.version)};
    RETURN_IF_ERROR(c_.graph.add_node(tx, {version.kind, version.id}));
    RETURN_IF_ERROR(c_.graph.add_node(tx, {"deployment", row.name, {{"version", row.desired.version}}}));
    return c_.graph.add_edge(tx, {version, {"deployment", row.name}, "deployed"});
  });
}

void Reconciler::record_failed(const DeploymentRow& row, const Status& status) {
  log_warning("deployment failed", {{"deployment", row.name},
                                    {"model", row.desired.model},
                                    {"version", row.desired.version},
                                    {"error", status.message()}});
  const Status recorded = c_.database.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(c_.store.failed(tx, row, status.message(), c_.clock.now_ms()));
    Json payload = payload_of(row);
    payload["error"] = status.message();
    return c_.events.append(tx, {0, 0, "deployment.failed", str_cat("deployment/", row.name), payload});
  });
  if (!recorded.ok()) log_error("a deployment's failure cannot be recorded", {{"error", recorded.message()}});
}

void Reconciler::note(const std::string& name, std::int64_t generation, const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    outcomes_[name] = {generation, status};
  }
  changed_.notify_all();
}

}  // namespace treadle::serving
