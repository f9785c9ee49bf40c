#include <chrono>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/run_watch.h"
#include "app/connection.h"
#include "app/git.h"
#include "base/files.h"
#include "base/time.h"

namespace treadle::app {
namespace {

std::string path_of(std::string_view id) { return str_cat("/api/v1/pipeline-runs/", net::percent_encode(id)); }

// "days=61" -> {"days": 61}: a value that reads as JSON is JSON, anything else is text.
StatusOr<Json> read_parameters(const std::vector<std::string>& pairs) {
  Json parameters = Json::object();
  for (const std::string& pair : pairs) {
    const auto at = pair.find('=');
    if (at == std::string::npos || at == 0) return invalid_field("--param", "must be name=value, got \"", pair, "\"");
    const auto value = parse_json(pair.substr(at + 1));
    parameters[pair.substr(0, at)] = value.ok() ? *value : Json(pair.substr(at + 1));
  }
  return parameters;
}

// The commit alone does not say what ran: what was not committed is kept with the run.
Status keep_changes(net::Client& client, const std::string& run_id, const std::string& file) {
  const std::string patch = uncommitted_changes(file);
  if (patch.empty()) return ok_status();
  ASSIGN_OR_RETURN(
      const net::ClientResponse answer,
      client.request(net::Method::kPut, str_cat("/api/v1/runs/", run_id, "/artifacts/code/uncommitted.diff"), patch));
  return net::Client::status_of(answer);
}

Status submit(const Args& args, Io& io) {
  const std::string target = args.get("pipeline");
  ASSIGN_OR_RETURN(Json parameters, read_parameters(args.all("param")));
  Json body = {{"parameters", std::move(parameters)}};
  if (std::filesystem::exists(target)) {
    ASSIGN_OR_RETURN(const std::string spec, read_file(target, 32u << 20));
    body["pipeline_spec_text"] = spec;
    body["code"] = code_of(target);
  } else {
    body["pipeline"] = target;
  }
  if (args.has("name")) body["name"] = args.get("name");
  if (args.has("experiment")) body["experiment"] = args.get("experiment");
  if (args.has("no-cache")) body["enable_caching"] = false;
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(Json run, client.send_json(net::Method::kPost, "/api/v1/pipeline-runs", body));
  const std::string id = text_of(run, "id");
  io.say(str_cat("submitted ", text_of(run, "name"), "  run ", id));
  if (object_of(body, "code").value("dirty", false)) {
    RETURN_IF_ERROR(keep_changes(client, text_of(run, "run_id"), target));
  }
  if (args.has("no-wait")) {
    io.emit(run);
    return ok_status();
  }
  ASSIGN_OR_RETURN(run, watch_run(client, id, io));
  io.emit(run);
  return run_outcome(run);
}

Status show_logs(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  const std::string target =
      str_cat(path_of(args.get("id")), "/tasks/", net::percent_encode(args.get("task")), "/logs");
  ASSIGN_OR_RETURN(const net::ClientResponse answer, client.request(net::Method::kGet, target));
  if (answer.status == 404)
    return not_found("run ", args.get("id"), " has no logs of a task \"", args.get("task"), "\"");
  if (answer.status != 200) return internal_error("the server answered ", answer.status);
  io.emit({{"logs", answer.body}});
  if (!io.json()) io.raw(answer.body);
  return ok_status();
}

Status cancel_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json run,
                   client.send_json(net::Method::kPost, path_of(args.get("id")) + ":cancel", Json::object()));
  io.emit(run);
  io.say(str_cat("cancelling ", args.get("id")));
  return ok_status();
}

}  // namespace

void add_run_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "run",
                      .summary = "Run a pipeline and wait for it",
                      .examples = {"treadle run examples/energy/compiled/energy-training.yaml --param test_days=28",
                                   "treadle run energy-training --experiment energy-demand --no-wait"},
                      .positionals = {{"pipeline", "a compiled pipeline file, or the name of a stored one"}},
                      .options = {{"param", "NAME=VALUE", "a pipeline parameter", true},
                                  {"experiment", "NAME", "experiment to run in (default: Default)"},
                                  {"name", "NAME", "name of the run"},
                                  {"no-cache", "", "run every step even when its inputs are unchanged"},
                                  {"no-wait", "", "return once it is submitted"}},
                      .run = submit});
  commands.push_back({.path = "run logs",
                      .summary = "Print what a step wrote",
                      .examples = {"treadle run logs 3f0c… train-xgboost"},
                      .positionals = {{"id", "the run's id"}, {"task", "the step's name"}},
                      .options = {},
                      .run = show_logs});
  commands.push_back({.path = "run cancel",
                      .summary = "Stop a pipeline run",
                      .examples = {"treadle run cancel 3f0c…"},
                      .positionals = {{"id", "the run's id"}},
                      .options = {},
                      .run = cancel_run});
}

}  // namespace treadle::app
