#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/why.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

Status list_alerts(const Args& args, Io& io) {
  std::string target = "/api/v1/alerts";
  if (args.has("deployment")) str_append(&target, "?deployment=", net::percent_encode(args.get("deployment")));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json(target));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& alert : list_of(answer, "alerts")) {
    rows.push_back({text_of(alert, "id"), text_of(alert, "deployment"), text_of(alert, "state"),
                    text_of(alert, "message"), ago_of(alert, "raised_ms")});
  }
  io.table({"id", "deployment", "state", "message", "raised"}, rows, "no alerts");
  return ok_status();
}

Status list_triggers(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/triggers"));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& trigger : list_of(answer, "triggers")) {
    rows.push_back({text_of(trigger, "name"), to_text(object_of(trigger, "on")),
                    text_of(object_of(trigger, "action"), "run_pipeline")});
  }
  io.table({"name", "on", "runs"}, rows, "no triggers yet");
  return ok_status();
}

Status fire_trigger(const Args& args, Io& io) {
  const std::string target = str_cat("/api/v1/triggers/", net::percent_encode(args.get("name")), ":fire");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer,
                   client.send_json(net::Method::kPost, target, {{"reason", args.get("reason", "fired by hand")}}));
  io.emit(answer);
  io.say(str_cat("started run ", text_of(answer, "run_id")));
  return ok_status();
}

Status why(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer,
                   client.get_json("/api/v1/why?prediction_id=" + net::percent_encode(args.get("prediction-id"))));
  io.emit(answer);
  print_why(answer, io);
  return ok_status();
}

}  // namespace

void add_monitoring_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "alert list",
                      .summary = "List alerts, newest first",
                      .examples = {"treadle alert list --deployment energy-demand"},
                      .positionals = {},
                      .options = {{"deployment", "NAME", "only of this deployment"}},
                      .run = list_alerts});
  commands.push_back({.path = "trigger list",
                      .summary = "List what starts pipelines by itself",
                      .examples = {"treadle trigger list"},
                      .positionals = {},
                      .options = {},
                      .run = list_triggers});
  commands.push_back({.path = "trigger fire",
                      .summary = "Start a trigger's pipeline now",
                      .examples = {"treadle trigger fire retrain-energy-demand --reason 'new tariff'"},
                      .positionals = {{"name", "the trigger"}},
                      .options = {{"reason", "TEXT", "why, for the history"}},
                      .run = fire_trigger});
  commands.push_back({.path = "why",
                      .summary = "Explain where a prediction came from, back to the raw rows",
                      .examples = {"treadle why 01JD…", "treadle why 01JD… --json"},
                      .positionals = {{"prediction-id", "id of a logged prediction"}},
                      .options = {},
                      .run = why});
}

}  // namespace treadle::app
