#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

std::string path_of(const Args& args) {
  return str_cat("/api/v1/experiments/", net::percent_encode(args.get("experiment")));
}

void print_experiment(const Json& experiment, Io& io) {
  io.emit(experiment);
  io.say(str_cat(text_of(experiment, "name"), "  id ", text_of(experiment, "id"), "  ",
                 text_of(experiment, "run_count"), " runs", experiment.value("deleted", false) ? "  deleted" : ""));
  print_pairs("tags", object_of(experiment, "tags"), io);
}

Status list_experiments(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t limit, args.integer("limit", 1000, 1, 1'000'000));
  std::string target = str_cat("/api/v1/experiments?view=", args.has("deleted") ? "deleted" : "active");
  if (args.has("filter")) str_append(&target, "&filter=", net::percent_encode(args.get("filter")));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json list, all_pages(client, target, "experiments", limit));
  io.emit({{"experiments", list}});
  std::vector<std::vector<std::string>> rows;
  for (const Json& experiment : list) {
    rows.push_back({text_of(experiment, "id"), text_of(experiment, "name"), text_of(experiment, "run_count"),
                    ago_of(experiment, "created_ms")});
  }
  io.table({"id", "name", "runs", "created"}, rows,
           args.has("deleted") ? "no deleted experiments" : "no experiment matches");
  return ok_status();
}

Status create_experiment(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Json tags, read_pairs_option(args, "tag"));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(net::Method::kPost, "/api/v1/experiments",
                                                       {{"name", args.get("name")}, {"tags", tags}}));
  io.emit(answer);
  io.say(str_cat("created experiment ", text_of(answer, "name"), " (id ", text_of(answer, "id"), ")"));
  return ok_status();
}

Status show_experiment(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json experiment, client.get_json(path_of(args)));
  print_experiment(experiment, io);
  return ok_status();
}

Status delete_experiment(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json gone, client.send_json(net::Method::kDelete, path_of(args), Json::object()));
  io.emit(gone);
  io.say(str_cat("deleted experiment ", text_of(gone, "name"), "; `treadle experiment restore ", text_of(gone, "id"),
                 "` brings it back"));
  return ok_status();
}

Status restore_experiment(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json back, client.send_json(net::Method::kPost, path_of(args) + ":restore", Json::object()));
  io.emit(back);
  io.say(str_cat("restored experiment ", text_of(back, "name")));
  return ok_status();
}

}  // namespace

void add_experiment_commands(std::vector<Command>& commands) {
  const Positional which{"experiment", "its name or id"};
  commands.push_back(
      {.path = "experiment list",
       .summary = "List experiments",
       .examples = {"treadle experiment list", "treadle experiment list --filter \"name LIKE 'energy%'\""},
       .positionals = {},
       .options = {{"filter", "TEXT", "condition in the search grammar over name and tags"},
                   {"deleted", "", "the deleted ones"},
                   {"limit", "N", "at most so many (default 1000)"}},
       .run = list_experiments});
  commands.push_back({.path = "experiment create",
                      .summary = "Create an experiment",
                      .examples = {"treadle experiment create energy-demand --tag team=grid"},
                      .positionals = {{"name", "the new experiment's name"}},
                      .options = {{"tag", "KEY=VALUE", "a tag", true}},
                      .run = create_experiment});
  commands.push_back({.path = "experiment show",
                      .summary = "Show an experiment and its tags",
                      .examples = {"treadle experiment show energy-demand"},
                      .positionals = {which},
                      .options = {},
                      .run = show_experiment});
  commands.push_back({.path = "experiment delete",
                      .summary = "Delete an experiment with its runs; it can be restored",
                      .examples = {"treadle experiment delete energy-demand"},
                      .positionals = {which},
                      .options = {},
                      .run = delete_experiment});
  commands.push_back({.path = "experiment restore",
                      .summary = "Bring a deleted experiment back",
                      .examples = {"treadle experiment restore energy-demand"},
                      .positionals = {which},
                      .options = {},
                      .run = restore_experiment});
}

}  // namespace treadle::app
