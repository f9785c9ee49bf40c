// `treadle model show NAME VERSION`: all that is known of a version, side by side.
#include "app/commands/model_version.h"

#include "app/commands/format.h"
#include "app/commands/lookup.h"

namespace treadle::app {
namespace {

// What may not be read, or is gone, is left out with the reason; the rest is shown.
Json ask(net::Client& client, const std::string& target, Json& missing, const std::string& what) {
  auto answer = client.get_json(target);
  if (answer.ok()) return *std::move(answer);
  missing[what] = answer.status().message();
  return Json::object();
}

Json deployments_with(net::Client& client, const std::string& model, const Json& version, Json& missing) {
  Json in = Json::array();
  const Json answer = ask(client, "/api/v1/deployments", missing, "deployments");
  for (const Json& deployment : list_of(answer, "deployments")) {
    if (text_of(deployment, "model") != model || deployment.value("version", Json()) != version) continue;
    in.push_back({{"name", deployment["name"]}, {"state", deployment.value("state", Json())}});
  }
  return in;
}

// The run's metrics, and those of the logged model with the dataset they were measured on.
Json evaluation_of(net::Client& client, const Json& version, const Json& run, Json& missing) {
  Json evaluation = Json::array();
  for (const auto& [key, value] : object_of(run, "metrics").items()) {
    evaluation.push_back({{"metric", key}, {"value", value}, {"dataset", nullptr}});
  }
  const std::string id = text_of(version, "model_id");
  if (id == "-") return evaluation;
  const Json answer =
      ask(client, str_cat("/api/2.0/mlflow/logged-models/", net::percent_encode(id)), missing, "logged model");
  for (const Json& metric : list_of(object_of(object_of(answer, "model"), "data"), "metrics")) {
    if (!metric.contains("dataset_name")) continue;
    evaluation.push_back({{"metric", metric.value("key", Json())},
                          {"value", metric.value("value", Json())},
                          {"dataset", metric["dataset_name"]},
                          {"dataset_digest", metric.value("dataset_digest", Json())}});
  }
  return evaluation;
}

void say(const Json& record, Io& io) {
  const Json& version = record["version"];
  std::vector<std::string> aliases;
  for (const Json& alias : list_of(version, "aliases")) aliases.push_back(str_cat("@", alias.get<std::string>()));
  io.say(str_cat(text_of(version, "name"), " version ", text_of(version, "version"), "  stage ",
                 text_of(version, "stage"), "  ", join(aliases, " ")));
  const Json &provenance = record["provenance"], &code = object_of(provenance, "code"),
             &environment = object_of(provenance, "environment");
  Json about = {{"source", text_of(version, "source")},
                {"run", text_of(version, "run_id")},
                {"user", text_of(provenance, "user")},
                {"host", text_of(provenance, "host")},
                {"commit", str_cat(text_of(code, "commit"), text_of(code, "dirty") == "true" ? " (dirty)" : "")},
                {"python", text_of(environment, "python")},
                {"image", text_of(environment, "image")},
                {"packages", object_of(environment, "packages").size()},
                {"environment", text_of(environment, "sha256")}};
  print_pairs("made by", about, io);
  Json data = Json::object(), deployments = Json::object(), evaluation = Json::object();
  for (const Json& one : list_of(provenance, "data")) data[text_of(one, "name")] = text_of(one, "digest");
  for (const Json& one : record["evaluation"]) {
    const std::string dataset = text_of(one, "dataset");
    evaluation[str_cat(text_of(one, "metric"), dataset == "-" || dataset == "null" ? "" : str_cat(" on ", dataset))] =
        text_of(one, "value");
  }
  for (const Json& one : record["deployments"]) deployments[text_of(one, "name")] = text_of(one, "state");
  print_pairs("data", data, io);
  print_pairs("evaluation", evaluation, io);
  print_pairs("deployments", deployments, io);
  std::vector<std::vector<std::string>> rows;
  for (const Json& entry : record["history"]) {
    rows.push_back({ago_of(entry, "time_ms"), text_of(entry, "user"), text_of(entry, "kind"), text_of(entry, "target"),
                    text_of(entry, "before"), text_of(entry, "after"), one_line(text_of(entry, "reason"), 40)});
  }
  io.table({"when", "who", "what", "target", "before", "after", "reason"}, rows, "no history");
  for (const auto& [what, why] : record["missing"].items()) {
    io.say(str_cat("not shown: ", what, " (", why.get<std::string>(), ")"));
  }
}

}  // namespace

Status show_version(net::Client& client, const std::string& model, std::int64_t number, Io& io) {
  const std::string path = str_cat("/api/v1/models/", net::percent_encode(model), "/versions/", number);
  ASSIGN_OR_RETURN(const Json version, client.get_json(path));
  Json missing = Json::object(), run = Json::object(), provenance = Json::object();
  const std::string id = text_of(version, "run_id");
  if (id != "-") {
    run = ask(client, run_path(id), missing, "run");
    provenance = ask(client, run_path(id) + "/provenance", missing, "provenance");
  }
  Json record = {{"version", version}, {"run", run}, {"provenance", provenance}};
  record["evaluation"] = evaluation_of(client, version, run, missing);
  record["deployments"] = deployments_with(client, model, version["version"], missing);
  record["history"] = ask(client, path + "/history", missing, "history").value("history", Json::array());
  record["approvals"] = ask(client, path + "/approvals", missing, "approvals").value("approvals", Json::array());
  record["missing"] = missing;
  io.emit(record);
  if (!io.json()) say(record, io);
  return ok_status();
}

}  // namespace treadle::app
