#include "app/application.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "adapters/access/guard.h"
#include "adapters/kfp/routes.h"
#include "adapters/mlflow/accounts.h"
#include "adapters/mlflow/evaluation.h"
#include "adapters/mlflow/routes.h"
#include "adapters/mlflow/traces.h"
#include "adapters/mlflow/webhooks.h"
#include "adapters/native/artifacts.h"
#include "adapters/native/automation.h"
#include "adapters/native/description.h"
#include "adapters/native/events.h"
#include "adapters/native/experiments.h"
#include "adapters/native/import.h"
#include "adapters/native/metric_tail.h"
#include "adapters/native/monitoring.h"
#include "adapters/native/pipelines.h"
#include "adapters/native/provenance.h"
#include "adapters/native/registry.h"
#include "adapters/native/serving.h"
#include "adapters/native/traces.h"
#include "adapters/native/tracking.h"
#include "adapters/native/trash.h"
#include "adapters/native/users.h"
#include "adapters/native/why.h"
#include "adapters/oip/grpc/server.h"
#include "adapters/oip/routes.h"
#include "adapters/prometheus/routes.h"
#include "app/access.h"
#include "app/baselines.h"
#include "app/embedded_ui.h"
#include "app/pipeline_runs.h"
#include "app/status_routes.h"
#include "app/version.h"
#include "app/webhook_sender.h"
#include "base/build_info.h"
#include "base/log.h"
#include "base/time.h"
#include "domains/automation/service.h"
#include "domains/pipelines/service.h"
#include "domains/serving/metrics.h"
#include "domains/serving/registry_source.h"
#include "domains/serving/xgboost_runtime.h"
#include "domains/traces/service.h"
#include "domains/webhooks/service.h"
#include "executors/process_executor.h"
#include "net/server.h"

namespace treadle::app {
namespace {

constexpr std::chrono::milliseconds kGrace{20'000};

// The setting, or one per core.
StatusOr<unsigned> read_steps_at_once(const Config& config) {
  ASSIGN_OR_RETURN(const std::int64_t wanted, config.integer("max-parallel-steps", 0, 1024));
  return wanted > 0 ? static_cast<unsigned>(wanted) : std::max(1U, std::thread::hardware_concurrency());
}

constexpr std::string_view kNoPage =
    "Treadle is running, but its page was not built into this program.\n"
    "Build it with `npm ci && npm run build` in ui/, then build the program again.\n";

}  // namespace

// In the order of the layers; destroyed from the last to the first.
struct Application::Parts {
  Parts(Config settings, DataDir folder) : config(std::move(settings)), data(std::move(folder)) {}

  Status open() {
    RETURN_IF_ERROR(data.lock());
    RETURN_IF_ERROR(open_storage());
    ASSIGN_OR_RETURN(auth, open_auth(config, *database, clock));
    events = std::make_unique<events::EventLog>(*database, clock);
    graph = std::make_unique<lineage::Graph>(*database, clock);
    tracking = std::make_unique<tracking::Service>(*database, *events, *graph, clock, *blobs);
    registry = std::make_unique<registry::Service>(*database, *events, *graph, clock, *tracking);
    RETURN_IF_ERROR(events->open());
    RETURN_IF_ERROR(graph->open());
    RETURN_IF_ERROR(tracking->open());
    traces = std::make_unique<treadle::traces::Service>(*database, clock, *tracking);
    RETURN_IF_ERROR(traces->open());
    datasets = std::make_unique<evaluation::Datasets>(*database, clock);
    RETURN_IF_ERROR(datasets->open());
    scorers = std::make_unique<evaluation::Scorers>(*database, *tracking, clock);
    RETURN_IF_ERROR(registry->open());
    RETURN_IF_ERROR(open_webhooks());
    RETURN_IF_ERROR(open_pipelines());
    RETURN_IF_ERROR(open_serving());
    return listen();
  }

  Status open_webhooks() {
    ASSIGN_OR_RETURN(const treadle::webhooks::Options options, webhook_options(config));
    ASSIGN_OR_RETURN(sealer, Sealer::from_file(data.webhook_key()));
    webhooks = std::make_unique<treadle::webhooks::Service>(*database, *events, clock, webhook_sender(options), *sealer,
                                                            options);
    return webhooks->open();
  }

  Status open_pipelines() {
    pipelines::Options options;
    options.work_folder = data.path() / "work";
    options.layers_folder = data.path() / "layers";
    ASSIGN_OR_RETURN(steps_at_once, read_steps_at_once(config));
    options.parallelism = steps_at_once;
    options.binary_version = str_cat(kVersion, "-", build_id());
    if (const char* wheels = std::getenv("TREADLE_WHEELS")) options.wheels_folder = wheels;
    pipelines = std::make_unique<pipelines::Service>(*database, *events, *graph, clock, *blobs, *tracking, executor,
                                                     std::move(options));
    RETURN_IF_ERROR(pipelines->open());
    launcher = std::make_unique<PipelineRuns>(*pipelines);
    automation = std::make_unique<automation::Service>(*database, *events, clock, *launcher);
    return automation->open();
  }

  Status open_serving() {
    baselines = std::make_unique<RegistryBaselines>(*registry, *tracking);
    monitoring =
        std::make_unique<monitoring::Service>(*database, *events, *graph, clock, *baselines,
                                              monitoring::PredictionLog::Options{.folder = data.predictions()});
    models = std::make_unique<serving::RegistryModelSource>(*registry, *blobs);
    serving = std::make_unique<serving::Service>(*database, *events, *graph, clock, *models, *monitoring);
    registry->ask_what_serves([this](const std::string& deployment, const std::string& model) {
      return serving->serving_now(deployment, model);
    });
    serving->add_runtime(std::make_unique<serving::XgboostRuntime>());
    RETURN_IF_ERROR(monitoring->open());
    RETURN_IF_ERROR(serving->open());
    RETURN_IF_ERROR(serving->start());
    serving::add_metrics(metrics, *serving);
    return ok_status();
  }

  Status open_storage() {
    const std::string& url = config.get("database");
    if (url.empty()) {
      ASSIGN_OR_RETURN(database, sql::open_sqlite({.path = data.database().string()}));
    } else if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
      ASSIGN_OR_RETURN(database, sql::open_postgres(url));
    } else {
      return invalid_field("database", "must be a URL like postgresql://user:password@host:5432/name");
    }
    ASSIGN_OR_RETURN(blobs, blob::open_local(data.blobs()));
    return ok_status();
  }

  Status listen() {
    net::Router router;
    add_status_routes(
        router, [this] { return findable.load() && !stopping.load() && serving->ready(); },
        [this] { return overview(); });
    mlflow::add_routes(router, *tracking, *registry);
    mlflow::add_webhook_routes(router, *webhooks);
    mlflow::add_trace_routes(router, *traces);
    mlflow::add_trace_file_routes(router, *traces, *blobs);
    mlflow::add_evaluation_dataset_routes(router, *datasets);
    mlflow::add_scorer_routes(router, *scorers);
    native::add_description_routes(router);
    native::add_event_routes(router, *events);
    native::add_experiment_routes(router, *tracking);
    native::add_tracking_routes(router, *tracking);
    native::add_artifact_routes(router, *tracking);
    native::add_metric_tail_route(router, *tracking);
    native::add_trash_routes(router, *tracking, *registry);
    native::add_import_routes(router, *tracking, *registry);
    native::add_registry_routes(router, *registry, *tracking);
    native::add_trace_routes(router, *traces);
    native::add_pipeline_routes(router, *pipelines);
    native::add_provenance_routes(router, *tracking, *pipelines);
    native::add_automation_routes(router, *automation);
    native::add_serving_routes(router, *serving);
    native::add_monitoring_routes(router, *monitoring, [this] { return native::runs_of_alerts(*automation); });
    native::add_why_routes(router, *monitoring, *registry, *tracking, *graph,
                           std::make_unique<PipelineOrigins>(*pipelines, *serving));
    kfp::add_routes(router, *pipelines, *tracking);
    oip::add_routes(router, *serving);
    prometheus::add_process_metrics(metrics);
    prometheus::add_routes(router, metrics);
    add_page(router);
    net::ServerOptions options;
    if (auth) {
      guard_routes(router);
      options.admit = guard->admission();
    }
    ASSIGN_OR_RETURN(const std::int64_t port, config.integer("port", 0, 65535));
    ASSIGN_OR_RETURN(options.address, listen_address(config, auth != nullptr));
    options.port = static_cast<std::uint16_t>(port);
    options.on_access = [this](const net::ServerOptions::Access& access) { record(access); };
    RETURN_IF_ERROR(listen_grpc());
    ASSIGN_OR_RETURN(server, net::Server::start(std::move(options), std::move(router)));
    note.pid = getpid();
    note.url = str_cat("http://", local_host(config.get("address")), ":", server->port());
    if (auth) note.token = auth->own_token();
    RETURN_IF_ERROR(data.write_note(note));
    findable = true;
    pipelines->set_server(note.url, note.token);
    RETURN_IF_ERROR(webhooks->start());
    RETURN_IF_ERROR(pipelines->start());
    return automation->start();
  }

  Status listen_grpc() {
    ASSIGN_OR_RETURN(const std::int64_t port, config.integer("grpc-port", 0, 65535));
    oip::OipGrpcServer::Allow allow;
    if (guard) {
      allow = [this](std::string_view authorization, std::string_view peer, const std::string& deployment,
                     auth::Permission level) {
        return guard->check(authorization, peer, access::Of::kDeployment, deployment, level);
      };
    }
    const std::string& address = config.get("address");
    grpc = std::make_unique<oip::OipGrpcServer>(*serving, std::move(allow));
    RETURN_IF_ERROR(grpc->start(address.find(':') == std::string::npos ? address : str_cat("[", address, "]"),
                                static_cast<std::uint16_t>(port)));
    note.grpc = str_cat(local_host(address), ":", grpc->port());
    return ok_status();
  }

  // Every route that was added so far asks who is there, from here on.
  void guard_routes(net::Router& router) {
    mlflow::add_account_routes(router, *auth);
    native::add_user_routes(router, *auth);
    guard = std::make_unique<access::Guard>(*auth, *tracking, *traces, *datasets, *registry, *serving, *sealer);
    guard->protect(router);
  }

  void add_page(net::Router& router) {
    page = embedded_ui();
    router.add_fallback("/", [this](net::Request& request) {
      if (request.method != net::Method::kGet && request.method != net::Method::kHead)
        return net::error_response(not_found("there is nothing at ", request.path));
      return page.empty() ? net::Response::text(200, std::string(kNoPage)) : page.answer(request);
    });
    const auto nothing = [](net::Request& request) {
      return net::error_response(not_found("there is nothing at ", request.path));
    };
    for (const char* prefix : {"/api/", "/apis/", "/ajax-api/", "/v1/"}) router.add_fallback(prefix, nothing);
  }

  void record(const net::ServerOptions::Access& access) {
    http.record(access);
    if (config.get("access-log") != "true") return;
    log_info("request", {{"method", net::to_string(access.request->method)},
                         {"path", access.request->path},
                         {"status", access.status},
                         {"bytes", access.bytes_out},
                         {"ms", static_cast<double>(access.duration_ns) / 1e6},
                         {"request_id", access.request->id}});
  }

  StatusOr<Json> overview() {
    ASSIGN_OR_RETURN(const std::int64_t last_event, events->last_sequence());
    ASSIGN_OR_RETURN(const std::int64_t alerts_open, monitoring->open_alerts());
    ASSIGN_OR_RETURN(const Json deployments, deployment_counts());
    ASSIGN_OR_RETURN(const Json runs, run_counts());
    Json overview = {{"version", kVersion},
                     {"build_id", build_id()},
                     {"deployments", deployments},
                     {"pipeline_runs", runs},
                     {"uptime_s", static_cast<double>(monotonic_ns() - started_ns) / 1e9},
                     {"data_dir", data.path().string()},
                     {"memory_bytes", resident_bytes()},
                     {"alerts_open", alerts_open},
                     {"steps_at_once", steps_at_once},
                     {"last_event", last_event}};
    overview.update(memory_peaks());
    return overview;
  }

  // Running now, and failed within a day; the newest thousand of each are looked at.
  StatusOr<Json> run_counts() {
    ASSIGN_OR_RETURN(const auto running, pipelines->list_runs({.state = pipelines::RunState::kRunning, .limit = 1000}));
    ASSIGN_OR_RETURN(const auto failed, pipelines->list_runs({.state = pipelines::RunState::kFailed, .limit = 1000}));
    const std::int64_t since = clock.now_ms() - kDayMs;
    const auto recent = std::count_if(failed.items.begin(), failed.items.end(),
                                      [&](const pipelines::Run& run) { return run.created_ms >= since; });
    return Json{{"running", running.items.size()}, {"failed_recent", recent}};
  }

  StatusOr<Json> deployment_counts() {
    ASSIGN_OR_RETURN(const auto all, serving->list());
    int ready = 0, failed = 0;
    for (const auto& deployment : all) {
      ready += deployment.state == serving::DeploymentState::kReady;
      failed += deployment.state == serving::DeploymentState::kFailed;
    }
    return Json{{"ready", ready}, {"failed", failed}};
  }

  void stop() {
    if (stopping.exchange(true)) return;
    if (server) server->stop(kGrace);
    if (grpc) grpc->stop(kGrace);
    if (webhooks) webhooks->stop();
    if (automation) automation->stop();
    if (pipelines) pipelines->stop();
    if (serving) serving->stop();
    data.remove_note();
  }

  const std::int64_t started_ns = monotonic_ns();
  Config config;
  DataDir data;
  ServerNote note;
  std::atomic<bool> findable = false;  // commands find this server by its data directory: not ready before
  std::atomic<bool> stopping = false;
  unsigned steps_at_once = 1;
  SystemClock clock;
  MetricsRegistry metrics;
  prometheus::HttpMetrics http{metrics};
  std::unique_ptr<sql::Database> database;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<auth::Service> auth;  // null when access control is off
  std::unique_ptr<events::EventLog> events;
  std::unique_ptr<lineage::Graph> graph;
  std::unique_ptr<tracking::Service> tracking;
  std::unique_ptr<treadle::traces::Service> traces;
  std::unique_ptr<evaluation::Datasets> datasets;
  std::unique_ptr<evaluation::Scorers> scorers;
  std::unique_ptr<registry::Service> registry;
  std::unique_ptr<treadle::webhooks::Service> webhooks;
  executors::ProcessExecutor executor;
  std::unique_ptr<pipelines::Service> pipelines;
  std::unique_ptr<PipelineRuns> launcher;
  std::unique_ptr<automation::Service> automation;
  std::unique_ptr<RegistryBaselines> baselines;
  std::unique_ptr<monitoring::Service> monitoring;
  std::unique_ptr<serving::RegistryModelSource> models;
  std::unique_ptr<serving::Service> serving;
  std::optional<Sealer> sealer;  // for what the database and clients keep for us
  std::unique_ptr<access::Guard> guard;
  net::StaticFiles page;
  std::unique_ptr<oip::OipGrpcServer> grpc;
  std::unique_ptr<net::Server> server;
};

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Application::~Application() { stop(); }

StatusOr<std::unique_ptr<Application>> Application::start(const Config& config) {
  ASSIGN_OR_RETURN(DataDir data, DataDir::open(config.get("data")));
  auto parts = std::make_unique<Parts>(config, std::move(data));
  RETURN_IF_ERROR(parts->open());
  return std::unique_ptr<Application>(new Application(std::move(parts)));
}

const ServerNote& Application::note() const { return parts_->note; }
const DataDir& Application::data() const { return parts_->data; }
void Application::stop() { parts_->stop(); }

}  // namespace treadle::app
