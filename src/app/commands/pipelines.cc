#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/connection.h"
#include "app/git.h"
#include "base/files.h"

namespace treadle::app {
namespace {

Status list_pipelines(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/pipelines"));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& pipeline : list_of(answer, "pipelines")) {
    rows.push_back({text_of(pipeline, "name"), text_of(pipeline, "latest_version"), text_of(pipeline, "versions"),
                    ago_of(pipeline, "created_ms"), text_of(pipeline, "description")});
  }
  io.table({"name", "latest", "versions", "created", "description"}, rows,
           "no pipelines yet; `treadle pipeline create FILE`");
  return ok_status();
}

Status create_pipeline(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::string spec, read_file(args.get("file"), 32u << 20));
  Json body = {{"pipeline_spec_text", spec}, {"code", code_of(args.get("file"))}};
  if (args.has("name")) body["name"] = args.get("name");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(net::Method::kPost, "/api/v1/pipelines", body));
  io.emit(answer);
  io.say(str_cat("stored pipeline ", text_of(answer, "name")));
  return ok_status();
}

Status list_pipeline_runs(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t limit, args.integer("limit", 20, 1, 1000));
  std::string target = str_cat("/api/v1/pipeline-runs?limit=", limit);
  if (args.has("state")) str_append(&target, "&state=", net::percent_encode(args.get("state")));
  if (args.has("pipeline")) str_append(&target, "&pipeline=", net::percent_encode(args.get("pipeline")));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json(target));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& run : list_of(answer, "runs")) {
    rows.push_back({text_of(run, "id"), text_of(run, "name"), text_of(run, "pipeline"), text_of(run, "state"),
                    ago_of(run, "created_ms")});
  }
  io.table({"id", "name", "pipeline", "state", "created"}, rows, "no pipeline runs yet; `treadle run FILE` starts one");
  return ok_status();
}

}  // namespace

void add_pipeline_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "pipeline list",
                      .summary = "List stored pipelines",
                      .examples = {"treadle pipeline list"},
                      .positionals = {},
                      .options = {},
                      .run = list_pipelines});
  commands.push_back({.path = "pipeline create",
                      .summary = "Store a compiled pipeline, or a new version of it",
                      .examples = {"treadle pipeline create examples/energy/compiled/energy-training.yaml"},
                      .positionals = {{"file", "compiled pipeline (KFP v2 IR, YAML or JSON)"}},
                      .options = {{"name", "NAME", "stored name (default: the one in the file)"}},
                      .run = create_pipeline});
  commands.push_back({.path = "pipeline runs",
                      .summary = "List pipeline runs, newest first",
                      .examples = {"treadle pipeline runs --state FAILED"},
                      .positionals = {},
                      .options = {{"limit", "N", "at most so many (default 20)"},
                                  {"state", "STATE", "PENDING, RUNNING, SUCCEEDED, FAILED or CANCELED"},
                                  {"pipeline", "NAME", "only of this pipeline"}},
                      .run = list_pipeline_runs});
}

}  // namespace treadle::app
