#include <cmath>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/commands/provenance_diff.h"
#include "app/commands/run_tail.h"
#include "app/commands/run_watch.h"
#include "app/connection.h"
#include "base/clock.h"

namespace treadle::app {
namespace {

std::string took(const Json& run) {
  if (!run.contains("end_ms") || !run["end_ms"].is_number()) return "-";
  return duration_text(static_cast<double>(run["end_ms"].get<std::int64_t>() - run.value("start_ms", std::int64_t{0})) /
                       1000);
}

// "mae=0.12 rmse=0.3 …": the first few by name.
std::string metrics_text(const Json& run) {
  std::vector<std::string> shown;
  const Json& metrics = object_of(run, "metrics");
  for (const auto& [key, value] : metrics.items()) {
    if (shown.size() == 3) break;
    shown.push_back(str_cat(key, "=", value.is_number() ? number_of(metrics, key, 4) : text_of(metrics, key)));
  }
  if (metrics.size() > shown.size()) shown.emplace_back("…");
  return shown.empty() ? "-" : join(shown, " ");
}

StatusOr<std::string> list_target(const Args& args, net::Client& client) {
  std::string target = str_cat("/api/v1/runs?view=", args.has("deleted") ? "deleted" : "active");
  const auto add = [&](std::string_view field, std::string_view value) {
    str_append(&target, "&", field, "=", net::percent_encode(value));
  };
  for (const std::string& experiment : args.all("experiment")) {
    ASSIGN_OR_RETURN(const std::string id, experiment_id(client, experiment));
    add("experiment_id", id);
  }
  if (args.has("filter")) add("filter", args.get("filter"));
  if (args.has("pipeline")) add("pipeline", args.get("pipeline"));
  if (args.has("status")) add("status", args.get("status"));
  for (const std::string& order : args.all("order-by")) add("order_by", order);
  return target;
}

Status list_runs(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t limit, args.integer("limit", 20, 1, 1'000'000));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string target, list_target(args, client));
  ASSIGN_OR_RETURN(const Json runs, all_pages(client, target, "runs", limit));
  io.emit({{"runs", runs}});
  std::vector<std::vector<std::string>> rows;
  for (const Json& run : runs) {
    rows.push_back({text_of(run, "id"), one_line(text_of(run, "name"), 40), text_of(run, "experiment_id"),
                    text_of(run, "status"), ago_of(run, "start_ms"), took(run), metrics_text(run)});
  }
  io.table({"id", "name", "experiment", "status", "started", "took", "metrics"}, rows,
           "no run matches; `treadle run FILE` starts one, and so does any MLflow client");
  return ok_status();
}

void print_datasets(const Json& run, Io& io) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& dataset : list_of(run, "datasets")) {
    rows.push_back({text_of(dataset, "name"), text_of(dataset, "digest"),
                    text_of(object_of(dataset, "tags"), "mlflow.data.context"), one_line(text_of(dataset, "source"))});
  }
  if (!rows.empty()) io.table({"dataset", "digest", "context", "source"}, rows, "");
}

Status show_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string id, run_id(client, args.get("run")));
  ASSIGN_OR_RETURN(Json run, client.get_json(run_path(id)));
  // A pipeline's run is also one of these, under the same 128 bits.
  const Json& tags = object_of(run, "tags");
  if (tags.contains("treadle.pipeline_run_id")) {
    auto of_pipeline = client.get_json(str_cat("/api/v1/pipeline-runs/", text_of(tags, "treadle.pipeline_run_id")));
    if (of_pipeline.ok()) run["pipeline_run"] = *std::move(of_pipeline);
  }
  ASSIGN_OR_RETURN(run["provenance"], client.get_json(run_path(id) + "/provenance"));
  io.emit(run);
  io.say(str_cat(text_of(run, "name"), "  ", text_of(run, "status"), run.value("deleted", false) ? "  deleted" : "",
                 "  experiment ", text_of(run, "experiment_id"), "  started ", ago_of(run, "start_ms"), "  took ",
                 took(run)));
  if (run.contains("pipeline_run")) {
    const Json& of_pipeline = run["pipeline_run"];
    if (text_of(of_pipeline, "error") != "-") io.say(str_cat("error: ", text_of(of_pipeline, "error")));
    if (!io.json()) print_tasks(of_pipeline, io);
  }
  print_pairs("params", object_of(run, "params"), io);
  print_pairs("metrics", object_of(run, "metrics"), io);
  print_pairs("tags", object_of(run, "tags"), io);
  print_datasets(run, io);
  Json made_with = Json::object();
  for (const Input& input : inputs_of(run["provenance"])) {
    if (input.section == "params") continue;
    made_with[str_cat(input.section, ": ", input.name)] = input.value;
  }
  print_pairs("made with", made_with, io);
  return ok_status();
}

Status delete_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string id, run_id(client, args.get("run")));
  ASSIGN_OR_RETURN(const Json gone, client.send_json(net::Method::kDelete, run_path(id), Json::object()));
  io.emit(gone);
  io.say(str_cat("deleted ", text_of(gone, "name"), "; `treadle run restore ", id, "` brings it back"));
  return ok_status();
}

Status restore_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string id, run_id(client, args.get("run")));
  ASSIGN_OR_RETURN(const Json back, client.send_json(net::Method::kPost, run_path(id) + ":restore", Json::object()));
  io.emit(back);
  io.say(str_cat("restored ", text_of(back, "name")));
  return ok_status();
}

// "loss=0.5" or "loss=0.5@120", where 120 is the step.
StatusOr<Json> read_metrics(const Args& args) {
  ASSIGN_OR_RETURN(const Json pairs, read_pairs_option(args, "metric"));
  Json metrics = Json::array();
  for (const auto& [key, text] : pairs.items()) {
    const std::string value = text.get<std::string>();
    const std::size_t at = value.find('@');
    const auto number = parse_double(value.substr(0, at));
    const auto step = at == std::string::npos ? std::optional<std::int64_t>(0) : parse_int(value.substr(at + 1));
    if (!number || !step) {
      return invalid_field("--metric", "must be key=number or key=number@step, got \"", key, "=", value, "\"");
    }
    metrics.push_back(
        {{"key", key}, {"value", std::isfinite(*number) ? Json(*number) : Json(value.substr(0, at))}, {"step", *step}});
  }
  return metrics;
}

Status log_to_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Json params, read_pairs_option(args, "param"));
  ASSIGN_OR_RETURN(const Json tags, read_pairs_option(args, "tag"));
  ASSIGN_OR_RETURN(const Json metrics, read_metrics(args));
  if (params.empty() && tags.empty() && metrics.empty() && !args.has("status")) {
    return invalid("nothing to log: give --param, --metric, --tag or --status");
  }
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string id, run_id(client, args.get("run")));
  RETURN_IF_ERROR(client.send_json(net::Method::kPost, run_path(id) + "/log",
                                   {{"params", params}, {"tags", tags}, {"metrics", metrics}}));
  if (args.has("status")) {
    Json update = {{"status", args.get("status")}};
    if (args.get("status") != "RUNNING" && args.get("status") != "SCHEDULED") update["end_ms"] = SystemClock().now_ms();
    RETURN_IF_ERROR(client.send_json(net::Method::kPatch, run_path(id), update));
  }
  ASSIGN_OR_RETURN(const Json run, client.get_json(run_path(id)));
  io.emit(run);
  io.say(str_cat("logged to ", text_of(run, "name"), ": ", params.size(), " params, ", metrics.size(), " metrics, ",
                 tags.size(), " tags"));
  return ok_status();
}

Status create_run(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Json tags, read_pairs_option(args, "tag"));
  Json body = {{"tags", tags}};
  if (args.has("experiment")) body["experiment"] = args.get("experiment");
  if (args.has("name")) body["name"] = args.get("name");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json run, client.send_json(net::Method::kPost, "/api/v1/runs", body));
  io.emit(run);
  io.say(str_cat("created run ", text_of(run, "id"), "  ", text_of(run, "name")));
  return ok_status();
}

}  // namespace

void add_tracked_run_commands(std::vector<Command>& commands) {
  const Positional which{"run", "the run's id, or the last digits of it"};
  commands.push_back({.path = "run list",
                      .summary = "List runs, newest first",
                      .examples = {"treadle run list --experiment energy-demand --order-by 'metrics.test_mae ASC'",
                                   "treadle run list --filter \"params.model = 'xgb' AND metrics.rmse < 1\" --json"},
                      .positionals = {},
                      .options = {{"experiment", "NAME", "only of this experiment (name or id)", true},
                                  {"filter", "TEXT", "condition in the search grammar of MLflow"},
                                  {"order-by", "TEXT", "such as 'metrics.rmse ASC'", true},
                                  {"status", "STATUS", "RUNNING, SCHEDULED, FINISHED, FAILED or KILLED"},
                                  {"pipeline", "NAME", "only runs of this pipeline"},
                                  {"deleted", "", "the deleted ones"},
                                  {"limit", "N", "at most so many (default 20)"}},
                      .run = list_runs});
  commands.push_back({.path = "run show",
                      .summary = "Show what a run did, with the steps of a pipeline's run",
                      .examples = {"treadle run show 3f0c"},
                      .positionals = {which},
                      .options = {},
                      .run = show_run});
  commands.push_back(
      {.path = "run create",
       .summary = "Create a run to log to",
       .examples = {"treadle run create --experiment energy-demand --name by-hand"},
       .positionals = {},
       .options = {{"experiment", "NAME", "its experiment, made when it is not there (default: Default)"},
                   {"name", "NAME", "the run's name"},
                   {"tag", "KEY=VALUE", "a tag", true}},
       .run = create_run});
  commands.push_back({.path = "run log",
                      .summary = "Log params, metrics and tags to a run, or end it",
                      .examples = {"treadle run log 3f0c --param depth=5 --metric loss=0.25@100 --status FINISHED"},
                      .positionals = {which},
                      .options = {{"param", "KEY=VALUE", "a param", true},
                                  {"metric", "KEY=VALUE[@STEP]", "a metric's value", true},
                                  {"tag", "KEY=VALUE", "a tag", true},
                                  {"status", "STATUS", "RUNNING, SCHEDULED, FINISHED, FAILED or KILLED"}},
                      .run = log_to_run});
  commands.push_back({.path = "run tail",
                      .summary = "Show a run's metrics while they are logged, until it ends",
                      .examples = {"treadle run tail 3f0c --key loss", "treadle run tail 3f0c --json"},
                      .positionals = {which},
                      .options = {{"key", "KEY", "only this metric", true}},
                      .run = tail_run});
  commands.push_back({.path = "run delete",
                      .summary = "Delete a run; it can be restored",
                      .examples = {"treadle run delete 3f0c"},
                      .positionals = {which},
                      .options = {},
                      .run = delete_run});
  commands.push_back({.path = "run restore",
                      .summary = "Bring a deleted run back",
                      .examples = {"treadle run restore 3f0c"},
                      .positionals = {which},
                      .options = {},
                      .run = restore_run});
}

}  // namespace treadle::app
