#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/connection.h"
#include "base/files.h"

namespace treadle::app {
namespace {

std::string path_of(std::string_view name) { return str_cat("/api/v1/deployments/", net::percent_encode(name)); }

std::vector<std::string> row_of(const Json& deployment) {
  return {text_of(deployment, "name"),     str_cat(text_of(deployment, "model"), "/", text_of(deployment, "version")),
          text_of(deployment, "state"),    text_of(deployment, "requests"),
          text_of(deployment, "errors"),   number_of(deployment, "p99_us", 0),
          ago_of(deployment, "updated_ms")};
}
const std::vector<std::string> kHeadings = {"name", "model", "state", "requests", "errors", "p99 us", "updated"};

Status list_deployments(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/deployments"));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& deployment : list_of(answer, "deployments")) rows.push_back(row_of(deployment));
  io.table(kHeadings, rows, "nothing is deployed yet; `treadle deployment create --help` shows how");
  return ok_status();
}

Status show_deployment(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json deployment, client.get_json(path_of(args.get("name"))));
  io.emit(deployment);
  io.table(kHeadings, {row_of(deployment)}, "");
  if (text_of(deployment, "error") != "-") io.say(str_cat("error: ", text_of(deployment, "error")));
  return ok_status();
}

Status create_deployment(const Args& args, Io& io) {
  Json body = {{"model", args.get("model")}};
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 0, INT32_MAX));
  if (version > 0) body["version"] = version;
  if (args.has("reason")) body["reason"] = args.get("reason");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(net::Method::kPut, path_of(args.get("name")), body));
  io.emit(answer);
  io.say(str_cat(text_of(answer, "name"), " serves ", text_of(answer, "model"), "/", text_of(answer, "version")));
  return ok_status();
}

Status predict(const Args& args, Io& io) {
  std::string body = args.get("body");
  if (args.has("file")) {
    ASSIGN_OR_RETURN(body, read_file(args.get("file")));
  }
  if (body.empty()) return invalid("give the request with --body JSON or --file FILE");
  ASSIGN_OR_RETURN(const Json parsed, parse_json_object(body));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer,
                   client.send_json(net::Method::kPost, path_of(args.get("name")) + ":predict", parsed));
  io.emit(answer);
  if (!io.json()) io.raw(answer.dump(2) + "\n");
  return ok_status();
}

}  // namespace

void add_deployment_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "deployment list",
                      .summary = "List what is being served",
                      .examples = {"treadle deployment list"},
                      .positionals = {},
                      .options = {},
                      .run = list_deployments});
  commands.push_back({.path = "deployment show",
                      .summary = "Show one deployment",
                      .examples = {"treadle deployment show energy-demand"},
                      .positionals = {{"name", "the deployment"}},
                      .options = {},
                      .run = show_deployment});
  commands.push_back({.path = "deployment create",
                      .summary = "Serve a model version, or change the version served",
                      .examples = {"treadle deployment create energy-demand --model energy-demand --version 3"},
                      .positionals = {{"name", "the deployment"}},
                      .options = {{"model", "NAME", "the registered model"},
                                  {"version", "N", "its version (default: the latest)"},
                                  {"reason", "TEXT", "why, for the history"}},
                      .run = create_deployment});
  commands.push_back({.path = "deployment predict",
                      .summary = "Send rows to a deployment and log the predictions",
                      .examples = {"treadle deployment predict energy-demand --file rows.json"},
                      .positionals = {{"name", "the deployment"}},
                      .options = {{"body", "JSON", "{\"rows\":[{\"key\":…,\"features\":{…}}]}"},
                                  {"file", "FILE", "the same, from a file"}},
                      .run = predict});
}

}  // namespace treadle::app
