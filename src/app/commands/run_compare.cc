// `treadle run compare`: runs side by side, section by section.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/commands/provenance_diff.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

constexpr std::size_t kMostRuns = 20;

// One line per name, one cell per run; a run that has no such thing has nullopt.
using Section = std::map<std::string, std::vector<std::optional<std::string>>>;

void put(Section& section, const std::string& name, std::size_t column, std::size_t columns, std::string value) {
  section.try_emplace(name, columns).first->second[column] = std::move(value);
}

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : to_text(value); }

bool is_code(std::string_view tag) {
  return tag.starts_with("mlflow.source.") || tag.starts_with("mlflow.git.") || tag == "mlflow.project.entryPoint" ||
         tag.starts_with("treadle.code.") || tag == "treadle.pipeline" || tag == "treadle.pipeline_spec";
}
bool is_environment(std::string_view tag) {
  return tag.starts_with("mlflow.project.") || tag.starts_with("mlflow.databricks.") || tag == "mlflow.docker.image" ||
         tag.starts_with("treadle.environment.") || tag == "treadle.host";
}
// These say the same as other lines, or are long documents.
bool is_noise(std::string_view tag) {
  return tag == "mlflow.runName" || tag == "mlflow.user" || tag == "mlflow.log-model.history" ||
         tag == "treadle.pipeline_run_id" || tag == "mlflow.loggedArtifacts";
}

std::vector<std::pair<std::string, Section>> sections_of(const std::vector<Json>& runs) {
  Section about, params, metrics, code, environment, data, tags;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Json& run = runs[i];
    for (const char* field : {"name", "experiment_id", "status", "user"}) {
      put(about, field, i, runs.size(), text_of(run, field));
    }
    for (const auto& [key, value] : object_of(run, "params").items()) put(params, key, i, runs.size(), as_text(value));
    for (const auto& [key, value] : object_of(run, "metrics").items())
      put(metrics, key, i, runs.size(), as_text(value));
    for (const auto& [key, value] : object_of(run, "tags").items()) {
      if (is_noise(key)) continue;
      put(is_code(key) ? code : is_environment(key) ? environment : tags, key, i, runs.size(), as_text(value));
    }
    // Packages and files that only the record of what it was made with knows; tags are above already.
    for (const Input& input : inputs_of(object_of(run, "provenance"))) {
      const bool in_tags = input.name.starts_with("step ") || input.name == "host" || input.name == "commit" ||
                           input.name == "dirty" || input.name == "entry_point";
      if (input.section == "code" && !in_tags) put(code, input.name, i, runs.size(), input.value);
      if (input.section == "environment" && !in_tags) put(environment, input.name, i, runs.size(), input.value);
      if (input.section == "data" && input.name.ends_with(" (file)"))
        put(data, input.name, i, runs.size(), input.value);
    }
    for (const Json& dataset : list_of(run, "datasets")) {
      const std::string context = text_of(object_of(dataset, "tags"), "mlflow.data.context");
      put(data, str_cat(text_of(dataset, "name"), context == "-" ? "" : str_cat(" (", context, ")")), i, runs.size(),
          text_of(dataset, "digest"));
    }
  }
  return {{"run", about}, {"params", params},           {"metrics", metrics}, {"code", code},
          {"data", data}, {"environment", environment}, {"tags", tags}};
}

bool differs(const std::vector<std::optional<std::string>>& cells) {
  return std::any_of(cells.begin(), cells.end(), [&](const auto& cell) { return cell != cells.front(); });
}

std::string metric_change(const std::vector<std::optional<std::string>>& cells) {
  if (cells.size() != 2 || !cells[0] || !cells[1]) return "";
  const auto before = parse_double(*cells[0]), after = parse_double(*cells[1]);
  if (!before || !after || *before == *after || !std::isfinite(*after - *before)) return "";
  char text[64];
  std::snprintf(text, sizeof text, "  (%+.6g)", *after - *before);
  return text;
}

void print_section(const std::string& name, const Section& section, const std::vector<std::string>& titles,
                   bool only_differences, Io& io) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, cells] : section) {
    const bool changed = differs(cells);
    if (only_differences && !changed) continue;
    std::vector<std::string> row = {str_cat(changed ? "* " : "  ", one_line(key, 50))};
    for (const auto& cell : cells) row.push_back(cell ? one_line(*cell, 44) : "-");
    if (name == "metrics") row.back() += metric_change(cells);
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return;
  std::vector<std::string> headings = {name};
  headings.insert(headings.end(), titles.begin(), titles.end());
  io.table(headings, rows, "");
  io.say("");
}

Json to_json(const std::vector<std::pair<std::string, Section>>& sections, bool only_differences) {
  Json all = Json::object();
  for (const auto& [name, section] : sections) {
    Json lines = Json::object();
    for (const auto& [key, cells] : section) {
      const bool changed = differs(cells);
      if (only_differences && !changed) continue;
      Json values = Json::array();
      for (const auto& cell : cells) values.push_back(cell ? Json(*cell) : Json());
      lines[key] = {{"values", values}, {"differs", changed}};
    }
    all[name] = lines;
  }
  return all;
}

Status compare_runs(const Args& args, Io& io) {
  std::vector<std::string> typed = {args.get("run")};
  for (const std::string& other : args.all("others")) typed.push_back(other);
  if (typed.size() > kMostRuns) return invalid("at most ", kMostRuns, " runs can be compared at once");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  std::vector<Json> runs;
  std::vector<std::string> titles;
  Json ids = Json::array();
  for (const std::string& one : typed) {
    ASSIGN_OR_RETURN(const std::string id, run_id(client, one));
    ASSIGN_OR_RETURN(Json run, client.get_json(run_path(id)));
    ASSIGN_OR_RETURN(run["provenance"], client.get_json(run_path(id) + "/provenance"));
    runs.push_back(run);
    titles.push_back(id.substr(id.size() - 8));  // runs of the same minute begin alike
    ids.push_back(id);
  }
  const auto sections = sections_of(runs);
  const bool only_differences = args.has("diff");
  io.emit({{"runs", ids}, {"sections", to_json(sections, only_differences)}});
  for (const auto& [name, section] : sections) print_section(name, section, titles, only_differences, io);
  if (std::none_of(sections.begin(), sections.end(), [](const auto& section) {
        return std::any_of(section.second.begin(), section.second.end(),
                           [](const auto& line) { return differs(line.second); });
      })) {
    io.say("these runs do not differ");
  }
  return ok_status();
}

}  // namespace

void add_run_compare_command(std::vector<Command>& commands) {
  commands.push_back({.path = "run compare",
                      .summary = "Runs side by side: params, metrics, code, data, environment, tags (* differs)",
                      .examples = {"treadle run compare 3f0c 81ab", "treadle run compare 3f0c 81ab 77d0 --diff --json"},
                      .positionals = {{"run", "a run's id, or the last digits of it"},
                                      {"others", "the runs to set beside it", true, true}},
                      .options = {{"diff", "", "only what differs"}},
                      .run = compare_runs});
}

}  // namespace treadle::app
