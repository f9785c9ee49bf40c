#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

Status list_experiments(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/experiments"));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& experiment : list_of(answer, "experiments")) {
    rows.push_back({text_of(experiment, "id"), text_of(experiment, "name"), text_of(experiment, "run_count"),
                    ago_of(experiment, "created_ms")});
  }
  io.table({"id", "name", "runs", "created"}, rows, "no experiments yet");
  return ok_status();
}

Status create_experiment(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer,
                   client.send_json(net::Method::kPost, "/api/v1/experiments", {{"name", args.get("name")}}));
  io.emit(answer);
  io.say(str_cat("created experiment ", text_of(answer, "name"), " (id ", text_of(answer, "id"), ")"));
  return ok_status();
}

}  // namespace

void add_tracking_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "experiment list",
                      .summary = "List experiments",
                      .examples = {"treadle experiment list", "treadle experiment list --json"},
                      .positionals = {},
                      .options = {},
                      .run = list_experiments});
  commands.push_back({.path = "experiment create",
                      .summary = "Create an experiment",
                      .examples = {"treadle experiment create energy-demand"},
                      .positionals = {{"name", "the new experiment's name"}},
                      .options = {},
                      .run = create_experiment});
}

}  // namespace treadle::app
