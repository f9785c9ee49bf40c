// `treadle model create, register, update, rename, delete, unalias`.
#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

using net::Method;

std::string path_of(const Args& args) { return str_cat("/api/v1/models/", net::percent_encode(args.get("name"))); }

// Of the model, or of its version when one was typed.
StatusOr<std::string> target_of(const Args& args) {
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  return version == 0 ? path_of(args) : str_cat(path_of(args), "/versions/", version);
}

std::string title_of(const Json& answer) {
  return answer.contains("version") ? str_cat(text_of(answer, "name"), " version ", text_of(answer, "version"))
                                    : text_of(answer, "name");
}

// {"description", "tags"} of what was typed.
StatusOr<Json> about(const Args& args) {
  ASSIGN_OR_RETURN(const Json tags, read_pairs_option(args, "tag"));
  Json body = {{"tags", tags}};
  if (args.has("description")) body["description"] = args.get("description");
  return body;
}

Status create_model(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(Json body, about(args));
  body["name"] = args.get("name");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(Method::kPost, "/api/v1/models", body));
  io.emit(answer);
  io.say(str_cat("created model ", text_of(answer, "name")));
  return ok_status();
}

// The logged model that a run made under this name.
StatusOr<std::string> logged_model(net::Client& client, const std::string& run, const std::string& name) {
  ASSIGN_OR_RETURN(const Json record, client.get_json(run_path(run)));
  const Json query = {{"experiment_ids", {text_of(record, "experiment_id")}},
                      {"filter", str_cat("source_run_id = '", run, "'")},
                      {"max_results", 1000}};
  ASSIGN_OR_RETURN(const Json answer, client.send_json(Method::kPost, "/api/2.0/mlflow/logged-models/search", query));
  for (const Json& model : list_of(answer, "models")) {
    const Json& info = object_of(model, "info");
    if (text_of(info, "name") == name) return str_cat("models:/", text_of(info, "model_id"));
  }
  return not_found("run ", run, " has neither files nor a logged model under \"", name, "\"; `treadle artifact list ",
                   run, "` shows its files");
}

// What the source means: a folder of the run's artifacts, what the run logged as a model, or a URI.
Status add_source(net::Client& client, const Args& args, Json& body) {
  constexpr std::string_view kRuns = "runs:/";
  std::string source = args.get("source"), run = args.get("run");
  if (source.starts_with(kRuns)) {
    const std::size_t cut = source.find('/', kRuns.size());
    if (cut == std::string::npos || cut + 1 == source.size())
      return invalid_field("source", "must be runs:/RUN/PATH, got \"", source, "\"");
    run = source.substr(kRuns.size(), cut - kRuns.size());
    source = source.substr(cut + 1);
  }
  body["source"] = source;
  if (run.empty()) return ok_status();
  ASSIGN_OR_RETURN(run, run_id(client, run));
  body["run_id"] = run;
  if (source.find(":/") != std::string::npos) return ok_status();
  ASSIGN_OR_RETURN(const Json there,
                   client.get_json(str_cat(run_path(run), "/artifacts?path=", net::percent_encode(source))));
  if (!list_of(there, "artifacts").empty()) return ok_status();
  ASSIGN_OR_RETURN(body["source"], logged_model(client, run, source));
  return ok_status();
}

Status register_version(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(Json body, about(args));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  RETURN_IF_ERROR(add_source(client, args, body));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(Method::kPost, path_of(args) + "/versions", body));
  io.emit(answer);
  io.say(str_cat("registered ", title_of(answer), " from ", text_of(answer, "source")));
  return ok_status();
}

Status update_model(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::string target, target_of(args));
  ASSIGN_OR_RETURN(const Json body, about(args));
  if (!args.has("description") && !args.has("tag")) return invalid("nothing to change: give --description or --tag");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(Method::kPatch, target, body));
  io.emit(answer);
  io.say(str_cat("changed ", title_of(answer)));
  return ok_status();
}

Status rename_model(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer,
                   client.send_json(Method::kPost, path_of(args) + ":rename", {{"new_name", args.get("new-name")}}));
  io.emit(answer);
  io.say(str_cat(args.get("name"), " is now ", text_of(answer, "name")));
  return ok_status();
}

Status delete_model(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::string target, target_of(args));
  if (!args.has("yes")) {
    return invalid_field("--yes", "is required: ", args.get("name"),
                         args.has("version") ? str_cat(" version ", args.get("version")) : " with all its versions",
                         " would be gone for good");
  }
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json gone, client.send_json(Method::kDelete, target, Json::object()));
  io.emit(gone);
  io.say(str_cat("deleted ", title_of(gone)));
  return ok_status();
}

Status remove_alias(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer,
                   client.send_json(Method::kDelete,
                                    str_cat(path_of(args), "/aliases/", net::percent_encode(args.get("alias")),
                                            "?reason=", net::percent_encode(args.get("reason"))),
                                    Json::object()));
  io.emit(answer);
  io.say(str_cat(args.get("name"), "@", args.get("alias"), " is gone"));
  return ok_status();
}

}  // namespace

void add_model_change_commands(std::vector<Command>& commands) {
  const Positional name{"name", "the registered model"};
  const Positional version{"version", "one version's number", false};
  const Option description{"description", "TEXT", "what it is for"}, tag{"tag", "KEY=VALUE", "a tag", true};
  commands.push_back({.path = "model create",
                      .summary = "Create a registered model without versions",
                      .examples = {"treadle model create energy-demand --tag team=grid"},
                      .positionals = {{"name", "the new model's name"}},
                      .options = {description, tag},
                      .run = create_model});
  commands.push_back(
      {.path = "model register",
       .summary = "Register a run's model, or files elsewhere, as a new version; the model is made when needed",
       .examples = {"treadle model register energy-demand runs:/3f0c9a12/model",
                    "treadle model register energy-demand model --run 3f0c9a12 --description 'with holidays'",
                    "treadle model register energy-demand models:/energy-demand-dev/7"},
       .positionals = {name, {"source", "runs:/RUN/PATH, models:/NAME/VERSION, a URI, or with --run a path"}},
       .options = {{"run", "RUN", "the run that made it"}, description, tag},
       .run = register_version});
  commands.push_back({.path = "model update",
                      .summary = "Describe a model or one version, and set tags",
                      .examples = {"treadle model update energy-demand --description 'day ahead, hourly'",
                                   "treadle model update energy-demand 3 --tag validated=yes"},
                      .positionals = {name, version},
                      .options = {description, tag},
                      .run = update_model});
  commands.push_back({.path = "model rename",
                      .summary = "Give a model another name",
                      .examples = {"treadle model rename energy-demand demand"},
                      .positionals = {name, {"new-name", "the name from now on"}},
                      .options = {},
                      .run = rename_model});
  commands.push_back({.path = "model unalias",
                      .summary = "Take an alias away",
                      .examples = {"treadle model unalias energy-demand challenger"},
                      .positionals = {name, {"alias", "the alias, without @"}},
                      .options = {{"reason", "TEXT", "why, for the model's history"}},
                      .run = remove_alias});
  commands.push_back({.path = "model delete",
                      .summary = "Delete a model, or one version, for good; files of runs stay",
                      .examples = {"treadle model delete energy-demand 3 --yes"},
                      .positionals = {name, version},
                      .options = {{"yes", "", "it is meant"}},
                      .run = delete_model});
}

}  // namespace treadle::app
