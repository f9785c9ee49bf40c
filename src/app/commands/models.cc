#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/commands/model_version.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

const Option kReason{"reason", "TEXT", "why, for the model's history"};

std::string path_of(std::string_view name) { return str_cat("/api/v1/models/", net::percent_encode(name)); }

std::string alias_text(const Json& aliases) {
  std::vector<std::string> pairs;
  for (const auto& [alias, version] : aliases.items()) pairs.push_back(str_cat("@", alias, "=", to_text(version)));
  return pairs.empty() ? "-" : join(pairs, " ");
}

Status list_models(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t limit, args.integer("limit", 1000, 1, 1'000'000));
  const std::string target = str_cat("/api/v1/models?filter=", net::percent_encode(args.get("filter")));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json list, all_pages(client, target, "models", limit));
  io.emit({{"models", list}});
  std::vector<std::vector<std::string>> rows;
  for (const Json& model : list) {
    rows.push_back({text_of(model, "name"), text_of(model, "latest_version"), text_of(model, "versions_count"),
                    alias_text(object_of(model, "aliases")), ago_of(model, "updated_ms")});
  }
  io.table({"name", "latest", "versions", "aliases", "updated"}, rows,
           args.has("filter") ? "no model matches" : "no registered models yet");
  return ok_status();
}

Status show_model(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t number, args.integer("version", 0, 1, INT32_MAX));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  if (number != 0) return show_version(client, args.get("name"), number, io);
  ASSIGN_OR_RETURN(const Json model, client.get_json(path_of(args.get("name"))));
  io.emit(model);
  io.say(str_cat(text_of(model, "name"), "  ", alias_text(object_of(model, "aliases"))));
  std::vector<std::vector<std::string>> rows;
  for (const Json& version : list_of(model, "versions")) {
    std::vector<std::string> aliases;
    for (const Json& alias : list_of(version, "aliases")) aliases.push_back(alias.get<std::string>());
    rows.push_back({text_of(version, "version"), aliases.empty() ? "-" : join(aliases, ","), text_of(version, "run_id"),
                    text_of(version, "stage"), ago_of(version, "created_ms")});
  }
  io.table({"version", "aliases", "run", "stage", "created"}, rows, "no versions yet");
  return ok_status();
}

Status set_stage(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(
      const Json answer,
      client.send_json(net::Method::kPut, str_cat(path_of(args.get("name")), "/versions/", version, "/stage"),
                       {{"stage", args.get("stage")},
                        {"archive_others", args.has("archive-others")},
                        {"reason", args.get("reason")}}));
  io.emit(answer);
  io.say(str_cat(args.get("name"), " version ", version, " is now in ", text_of(answer, "stage")));
  return ok_status();
}

Status set_alias(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(net::Method::kPut,
                                                       str_cat(path_of(args.get("name")), "/aliases/",
                                                               net::percent_encode(args.get("alias"))),
                                                       {{"version", version}, {"reason", args.get("reason")}}));
  io.emit(answer);
  io.say(str_cat(args.get("name"), "@", args.get("alias"), " is now version ", version));
  return ok_status();
}

}  // namespace

void add_model_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "model list",
                      .summary = "List registered models",
                      .examples = {"treadle model list", "treadle model list --filter \"name LIKE 'energy%'\""},
                      .positionals = {},
                      .options = {{"filter", "TEXT", "condition in the search grammar over name and tags"},
                                  {"limit", "N", "at most so many (default 1000)"}},
                      .run = list_models});
  commands.push_back({.path = "model show",
                      .summary = "Show a model's versions and aliases, or all that is known of one version",
                      .examples = {"treadle model show energy-demand", "treadle model show energy-demand 3 --json"},
                      .positionals = {{"name", "the registered model"}, {"version", "one version's number", false}},
                      .options = {},
                      .run = show_model});
  commands.push_back({.path = "model alias",
                      .summary = "Point an alias at a version",
                      .examples = {"treadle model alias energy-demand champion 3"},
                      .positionals = {{"name", "the registered model"},
                                      {"alias", "the alias, without @"},
                                      {"version", "the version's number"}},
                      .options = {kReason},
                      .run = set_alias});
  commands.push_back({.path = "model stage",
                      .summary = "Move a version to a stage",
                      .examples = {"treadle model stage energy-demand 3 Production --archive-others"},
                      .positionals = {{"name", "the registered model"},
                                      {"version", "the version's number"},
                                      {"stage", "None, Staging, Production or Archived"}},
                      .options = {{"archive-others", "", "the other versions of that stage become Archived"}, kReason},
                      .run = set_stage});
}

}  // namespace treadle::app
