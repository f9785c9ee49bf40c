// `treadle reproduce RUN`: the same run again, and what is different about it.
#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/commands/provenance_diff.h"
#include "app/commands/reproduce_project.h"
#include "app/commands/run_watch.h"
#include "app/connection.h"
#include "base/hash.h"

namespace treadle::app {
namespace {

struct Record {
  Json run, provenance;
};

StatusOr<Record> load(net::Client& client, const std::string& id) {
  Record record;
  ASSIGN_OR_RETURN(record.run, client.get_json(run_path(id)));
  ASSIGN_OR_RETURN(record.provenance, client.get_json(run_path(id) + "/provenance"));
  return record;
}

// As the step "gate" notes what it was compared with.
StatusOr<std::string> served_now(net::Client& client, const std::string& deployment) {
  const auto shown = client.get_json(str_cat("/api/v1/deployments/", net::percent_encode(deployment)));
  if (shown.status().code() == StatusCode::kNotFound) return "none";
  RETURN_IF_ERROR(shown);
  const std::string version = text_of(*shown, "version");
  return version == "0" ? "none" : str_cat("version ", version);
}

// The inputs as they would be now: files read again, the program that would run it. Nothing else of a pipeline can
// have changed: its spec and parameters are the stored ones.
StatusOr<Json> inputs_now(net::Client& client, const Json& provenance) {
  Json now = provenance;
  for (Json& dataset : now["data"]) {
    if (text_of(dataset, "context") == "deployment") {
      ASSIGN_OR_RETURN(dataset["digest"], served_now(client, text_of(dataset, "name")));
    }
    if (text_of(dataset, "context") != "file") continue;
    const std::filesystem::path path = text_of(dataset, "source");
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      dataset["digest"] = str_cat(path.string(), " is not there");
      continue;
    }
    ASSIGN_OR_RETURN(dataset["digest"], sha256_file(path));
  }
  ASSIGN_OR_RETURN(const Json status, client.get_json("/api/v1/status"));
  const std::string build = str_cat(text_of(status, "version"), "-", text_of(status, "build_id"));
  if (now["environment"]["treadle"].is_string() && status.contains("build_id")) now["environment"]["treadle"] = build;
  return now;
}

// Steps that did something outside of the run, which they will do again.
std::vector<std::string> effects_of(const Json& provenance) {
  std::vector<std::string> effects;
  for (const Json& step : list_of(object_of(provenance, "pipeline"), "steps")) {
    const std::string component = text_of(step, "component"), state = text_of(step, "state");
    const bool acts =
        component.find("deploy-model") != std::string::npos || component.find("register-model") != std::string::npos;
    if (acts && (state == "SUCCEEDED" || state == "CACHED")) effects.push_back(text_of(step, "name"));
  }
  return effects;
}

void say_changes(const std::vector<InputChange>& changes, std::string_view title, Io& io) {
  if (changes.empty()) return;
  std::vector<std::vector<std::string>> rows;
  rows.reserve(changes.size());
  for (const InputChange& change : changes) {
    rows.push_back(
        {change.section, one_line(change.name, 40), one_line(change.before, 40), one_line(change.after, 40)});
  }
  io.table({std::string(title), "input", "before", "now"}, rows, "");
}

std::optional<double> number_in(const Json& metrics, const std::string& key) {
  const auto it = metrics.find(key);
  if (it == metrics.end()) return std::nullopt;
  if (it->is_number()) return it->get<double>();
  return it->is_string() ? parse_double(it->get<std::string>()) : std::nullopt;
}

bool same(std::optional<double> a, std::optional<double> b, double tolerance) {
  if (!a || !b) return a.has_value() == b.has_value();
  if (std::isnan(*a) || std::isnan(*b)) return std::isnan(*a) == std::isnan(*b);
  return std::fabs(*a - *b) <= tolerance * std::max(std::fabs(*a), std::fabs(*b));
}

// [{kind, name, before, after, same}] of metrics, and of the artifacts that steps made by their digests.
Json compare_outputs(const Record& before, const Record& after, double tolerance,
                     const std::set<std::string>& ignored) {
  Json outputs = Json::array();
  const Json &old_metrics = object_of(before.run, "metrics"), &new_metrics = object_of(after.run, "metrics");
  std::set<std::string> keys;
  for (const Json* metrics : {&old_metrics, &new_metrics}) {
    for (const auto& [key, value] : metrics->items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    if (ignored.contains(key) || key.starts_with("system/")) continue;
    outputs.push_back({{"kind", "metric"},
                       {"name", key},
                       {"before", old_metrics.value(key, Json())},
                       {"after", new_metrics.value(key, Json())},
                       {"same", same(number_in(old_metrics, key), number_in(new_metrics, key), tolerance)}});
  }
  std::map<std::string, Json> again;
  for (const Json& step : list_of(object_of(after.provenance, "pipeline"), "steps")) {
    again[text_of(step, "name")] = object_of(step, "outputs");
  }
  for (const Json& step : list_of(object_of(before.provenance, "pipeline"), "steps")) {
    const Json& theirs = again[text_of(step, "name")];
    for (const auto& [name, digest] : object_of(step, "outputs").items()) {
      const Json other = theirs.is_object() ? theirs.value(name, Json()) : Json();
      outputs.push_back({{"kind", "artifact"},
                         {"name", str_cat(text_of(step, "name"), "/", name)},
                         {"before", digest},
                         {"after", other},
                         {"same", digest == other}});
    }
  }
  return outputs;
}

// A duration never comes out the same.
bool is_duration(const std::string& metric) { return metric.ends_with("_seconds") || metric.ends_with("_ms"); }

// Metrics decide; a duration, or an artifact that may hold a time or a path, is only told.
Status verdict(const std::vector<InputChange>& changes, const Json& outputs, Io& io) {
  std::vector<std::vector<std::string>> rows;
  int metrics = 0, different = 0;
  for (const Json& output : outputs) {
    const bool is_metric = output["kind"] == "metric" && !is_duration(text_of(output, "name")),
               equal = output["same"].get<bool>();
    metrics += is_metric;
    different += is_metric && !equal;
    rows.push_back({equal ? "same" : "DIFFERS", text_of(output, "kind"), one_line(text_of(output, "name"), 50),
                    one_line(text_of(output, "before"), 24), one_line(text_of(output, "after"), 24)});
  }
  io.table({"", "output", "name", "before", "now"}, rows, "");
  if (different == 0) {
    io.say(str_cat("reproduced: ", metrics, metrics == 1 ? " metric is" : " metrics are", " the same"));
    return ok_status();
  }
  return {StatusCode::kAborted,
          str_cat(different, " of ", metrics, " metrics differ; the first input that differs: ",
                  changes.empty() ? "none that is recorded"
                                  : str_cat(changes.front().section, " ", changes.front().name, " (",
                                            changes.front().before, " -> ", changes.front().after, ")"))};
}

StatusOr<std::string> rerun_pipeline(net::Client& client, const Record& record, Io& io) {
  const std::string pipeline_run = text_of(object_of(record.provenance, "pipeline"), "id");
  ASSIGN_OR_RETURN(const Json spec, client.get_json(str_cat("/api/v1/pipeline-runs/", pipeline_run, "/spec")));
  ASSIGN_OR_RETURN(const Json old, client.get_json(str_cat("/api/v1/pipeline-runs/", pipeline_run)));
  // Nothing is taken from the cache: that would only show that the cache keeps what it was given.
  Json body = {{"pipeline_spec", spec["pipeline_spec"]},
               {"parameters", object_of(old, "parameters")},
               {"name", one_line(str_cat(text_of(record.run, "name"), " again"), 400)},
               {"experiment", text_of(record.run, "experiment_id")},
               {"enable_caching", false}};
  if (old.contains("code") && old["code"].is_object()) body["code"] = old["code"];
  ASSIGN_OR_RETURN(const Json made, client.send_json(net::Method::kPost, "/api/v1/pipeline-runs", body));
  const std::string id = text_of(made, "run_id");
  ASSIGN_OR_RETURN(const Json logged,
                   client.send_json(net::Method::kPost, run_path(id) + "/log",
                                    {{"tags", {{"treadle.reproduces", text_of(record.run, "id")}}}}));
  // The spec is the stored one, so what was not committed then is still what it was made from.
  const std::string patch = text_of(object_of(record.provenance, "code"), "diff_path");
  if (patch != "-" && patch != "null") {
    const std::string tail = str_cat("/artifacts/", patch);
    ASSIGN_OR_RETURN(const auto kept, client.request(net::Method::kGet, run_path(text_of(record.run, "id")) + tail));
    if (kept.status == 200) {
      ASSIGN_OR_RETURN(const auto copied, client.request(net::Method::kPut, run_path(id) + tail, kept.body));
      RETURN_IF_ERROR(net::Client::status_of(copied));
    }
  }
  io.say(str_cat("running again as ", id));
  ASSIGN_OR_RETURN(const Json done, watch_run(client, text_of(made, "id"), io));
  RETURN_IF_ERROR(run_outcome(done));
  return id;
}

StatusOr<std::string> rerun(net::Client& client, const Record& record, const std::string& url, Io& io) {
  if (object_of(record.provenance, "pipeline").empty()) return rerun_project(client, record.run, url, io);
  return rerun_pipeline(client, record, io);
}

Status reproduce(const Args& args, Io& io) {
  double tolerance = 0;
  if (args.has("tolerance")) {
    const auto given = parse_double(args.get("tolerance"));
    if (!given || !(*given >= 0)) return invalid_field("tolerance", "must be 0 or more, like 0.001");
    tolerance = *given;
  }
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string url, server_url(args));
  ASSIGN_OR_RETURN(const std::string id, run_id(client, args.get("run")));
  ASSIGN_OR_RETURN(const Record before, load(client, id));
  const bool is_pipeline = !object_of(before.provenance, "pipeline").empty();
  if (!is_pipeline) RETURN_IF_ERROR(check_project(before.run));
  ASSIGN_OR_RETURN(const Json now, inputs_now(client, before.provenance));
  const auto planned = changed_inputs(before.provenance, now);
  Json result = {{"run_id", id},
                 {"how", is_pipeline ? "pipeline" : "project"},
                 {"inputs_changed", to_json(planned)},
                 {"first_difference", planned.empty() ? Json() : to_json(planned)[0]}};
  say_changes(planned, "changed since", io);
  if (planned.empty()) io.say("the inputs are what they were");
  const std::vector<std::string> effects = effects_of(before.provenance);
  result["changes_again"] = effects;
  if (!effects.empty())
    io.say(str_cat("note: these steps change the registry or deployments again: ", join(effects, ", ")));
  if (args.has("dry-run")) {
    result["dry_run"] = true;
    io.emit(result);
    io.say(is_pipeline ? str_cat("would submit pipeline ", text_of(object_of(before.provenance, "pipeline"), "name"),
                                 " with the same spec and parameters, without the cache")
                       : str_cat("would run: ", describe_project(before.run)));
    return ok_status();
  }
  if (!planned.empty() && !args.has("anyway")) {
    io.emit(result);
    return {StatusCode::kAborted,
            str_cat("the first input that differs: ", planned.front().section, " ", planned.front().name, " (",
                    planned.front().before, " -> ", planned.front().after, "); --anyway runs it nevertheless")};
  }
  ASSIGN_OR_RETURN(const std::string again, rerun(client, before, url, io));
  ASSIGN_OR_RETURN(const Record after, load(client, again));
  const auto changes = changed_inputs(before.provenance, after.provenance);
  const auto ignored = args.all("ignore");
  const Json outputs = compare_outputs(before, after, tolerance, std::set<std::string>(ignored.begin(), ignored.end()));
  result["reproduced_by"] = again;
  result["inputs_changed"] = to_json(changes);
  result["first_difference"] = changes.empty() ? Json() : to_json(changes)[0];
  result["outputs"] = outputs;
  io.emit(result);
  say_changes(changes, "changed", io);
  return verdict(changes, outputs, io);
}

}  // namespace

void add_reproduce_command(std::vector<Command>& commands) {
  commands.push_back(
      {.path = "reproduce",
       .summary = "Run a run again with the same inputs and compare; exit code 4 when something differs",
       .examples = {"treadle reproduce 3f0c --dry-run", "treadle reproduce 3f0c --ignore training_seconds --json"},
       .positionals = {{"run", "a run's id, or the first digits of it"}},
       .options = {{"dry-run", "", "only say what differs by now and what would be run"},
                   {"anyway", "", "run it although an input differs"},
                   {"tolerance", "PART", "metrics may differ by this part of their size (0: not at all)"},
                   {"ignore", "METRIC", "a metric that differs from run to run, like a duration", true}},
       .run = reproduce});
}

}  // namespace treadle::app
