#include "app/application.h"
#include "app/background.h"
#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/config.h"
#include "app/connection.h"
#include "app/data_dir.h"
#include "app/doctor.h"
#include "app/signals.h"
#include "base/log.h"

namespace treadle::app {
namespace {

Status configure_logging(const Config& config) {
  const std::string& level = config.get("log-level");
  const std::string& format = config.get("log-format");
  LogLevel minimum = LogLevel::kInfo;
  if (level == "debug")
    minimum = LogLevel::kDebug;
  else if (level == "warning")
    minimum = LogLevel::kWarning;
  else if (level == "error")
    minimum = LogLevel::kError;
  else if (level != "info")
    return invalid_field("log-level", "must be debug, info, warning or error, got \"", level, "\"");
  if (format != "text" && format != "json")
    return invalid_field("log-format", "must be text or json, got \"", format, "\"");
  configure_log(minimum, format == "json" ? LogFormat::kJson : LogFormat::kText);
  return ok_status();
}

void announce(const ServerNote& note, const DataDir& data, Io& io) {
  io.emit({{"url", note.url}, {"grpc", note.grpc}, {"pid", note.pid}, {"data", data.path().string()}});
  io.say(str_cat("Treadle is ready.\n\n  Page         ", note.url,
                 "\n  MLflow       export MLFLOW_TRACKING_URI=", note.url, "\n  gRPC (OIP)   ", note.grpc,
                 "\n  KFP          kfp.Client(host=\"", note.url, "\")\n  Inference    ", note.url, "/v2  (gRPC on ",
                 note.grpc, ")\n  Prometheus   ", note.url, "/metrics\n  Data         ", data.path().string(), "\n"));
}

Status up(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  if (args.has("background")) {
    ASSIGN_OR_RETURN(const DataDir data, DataDir::open(config.get("data")));
    ASSIGN_OR_RETURN(const ServerNote note, start_in_background(config, data));
    announce(note, data, io);
    io.say(str_cat("It runs in the background; stop it with `treadle down --data ", data.path().string(), "`."));
    return ok_status();
  }
  RETURN_IF_ERROR(configure_logging(config));
  const StopSignals signals;  // before any thread starts, so that every thread inherits the blocked signals
  ASSIGN_OR_RETURN(const std::unique_ptr<Application> application, Application::start(config));
  announce(application->note(), application->data(), io);
  const int signal = signals.wait();
  log_info("stopping", {{"signal", signal}});
  application->stop();
  log_info("stopped");
  return ok_status();
}

Status down(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  ASSIGN_OR_RETURN(const DataDir data, DataDir::open(config.get("data")));
  const auto note = data.running();
  if (!note) return not_found("no server is running on ", data.path().string());
  RETURN_IF_ERROR(stop_in_background(*note, data));
  io.emit({{"stopped", note->pid}});
  io.say(str_cat("stopped the server on ", data.path().string(), " (process ", note->pid, ")"));
  return ok_status();
}

Status status(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/status"));
  io.emit(answer);
  io.say(str_cat("Treadle ", text_of(answer, "version"), ", up ",
                 duration_text(optional_double(answer, "uptime_s", 0).value_or(0)), ", ",
                 number_of({{"mib", optional_double(answer, "memory_bytes", 0).value_or(0) / 1048576}}, "mib", 0),
                 " MiB"));
  const Json &deployments = object_of(answer, "deployments"), &runs = object_of(answer, "pipeline_runs");
  io.say(str_cat("  data            ", text_of(answer, "data_dir")));
  io.say(str_cat("  deployments     ", text_of(deployments, "ready"), " ready, ", text_of(deployments, "failed"),
                 " failed"));
  io.say(str_cat("  pipeline runs   ", text_of(runs, "running"), " running, ", text_of(runs, "failed_recent"),
                 " failed in the last day"));
  io.say(str_cat("  open alerts     ", text_of(answer, "alerts_open")));
  return ok_status();
}

Status run_doctor(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  const std::vector<Check> checks = diagnose(config);
  Json result = Json::array();
  bool healthy = true;
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks) {
    healthy = healthy && check.status.ok();
    result.push_back({{"check", check.name},
                      {"ok", check.status.ok()},
                      {"detail", check.status.ok() ? check.detail : check.status.message()}});
    rows.push_back(
        {check.status.ok() ? "ok" : "FAIL", check.name, check.status.ok() ? check.detail : check.status.message()});
  }
  io.emit({{"healthy", healthy}, {"checks", result}});
  io.table({"", "check", "detail"}, rows, "");
  return healthy ? ok_status() : failed_precondition("some checks failed; the table says what to do");
}

}  // namespace

void add_server_commands(std::vector<Command>& commands) {
  commands.push_back(
      {.path = "up",
       .summary = "Start everything in one process",
       .examples = {"treadle up", "treadle up --data /var/lib/treadle --port 8080 --background"},
       .positionals = {},
       .options = {{"port", "N", "HTTP port (default 7070; 0 picks a free one)"},
                   {"grpc-port", "N", "gRPC port (default 7071; 0 picks a free one)"},
                   {"address", "IP", "address to listen on (default 127.0.0.1)"},
                   {"auth", "MODE", "off, or basic: users with passwords and permissions"},
                   {"default-permission", "LEVEL", "what users may do where nothing was given to them"},
                   {"admin-user", "NAME", "the first administrator; TREADLE_ADMIN_PASSWORD is its password"},
                   {"database", "URL", "postgresql://… instead of the embedded SQLite"},
                   {"max-parallel-steps", "N", "pipeline steps at once (default: one per core)"},
                   {"log-level", "LEVEL", "debug, info, warning or error"},
                   {"log-format", "FORMAT", "text or json"},
                   {"access-log", "true", "log one line per request"},
                   {"background", "", "return once it is ready; `treadle down` stops it"}},
       .run = up});
  commands.push_back({.path = "down",
                      .summary = "Stop the server running on a data directory",
                      .examples = {"treadle down", "treadle down --data /var/lib/treadle"},
                      .positionals = {},
                      .options = {},
                      .run = down});
  commands.push_back({.path = "status",
                      .summary = "Show what the server is doing",
                      .examples = {"treadle status", "treadle status --json"},
                      .positionals = {},
                      .options = {},
                      .run = status});
  commands.push_back({.path = "doctor",
                      .summary = "Check that this machine has what Treadle needs",
                      .examples = {"treadle doctor"},
                      .positionals = {},
                      .options = {},
                      .run = run_doctor});
}

}  // namespace treadle::app
