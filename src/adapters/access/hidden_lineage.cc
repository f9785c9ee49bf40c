#include "adapters/access/hidden_lineage.h"

#include <algorithm>
#include <map>
#include <set>

namespace treadle::access {
namespace {

using Key = std::pair<std::string, std::string>;  // kind and id of a node

std::string text_at(const Json& object, const char* field) {
  const auto it = object.is_object() ? object.find(field) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

Key key_of(const Json& node) { return {text_at(node, "kind"), text_at(node, "id")}; }

// The run that a field of the answer is about; false when there is one that may not be read.
bool shows_run(const MayRead& may_read, const std::string& id) { return id.empty() || may_read(Of::kRun, id); }

Json hidden() { return {{"hidden", true}}; }

void hide_training(const MayRead& may_read, Json& answer) {
  if (shows_run(may_read, text_at(answer["run"], "id"))) return;
  answer["run"] = hidden();
  for (const char* field : {"training_data", "training_pipeline_run", "commit", "commit_dirty"})
    answer[field] = nullptr;
  answer["training_steps"] = Json::array();
}

void hide_inference(const MayRead& may_read, Json& answer) {
  const std::string id = text_at(answer["prediction"], "run_id");
  if (shows_run(may_read, id)) return;
  answer["prediction"]["run_id"] = "";
  answer["pipeline_run"] = hidden();
  answer["raw_source"] = nullptr;
  for (const char* field : {"steps", "raw_rows"}) answer[field] = Json::array();
}

// Nodes that say whose they are: allowed or not. A dataset, an artifact or a commit says nothing itself: nullopt.
std::optional<bool> own_right(const MayRead& may_read, const Key& key) {
  const auto& [kind, id] = key;
  const std::string before_slash = id.substr(0, id.find('/'));
  if (kind == "step") return may_read(Of::kRun, before_slash);
  if (kind == "predictions") return may_read(Of::kDeployment, before_slash);
  for (const char* known : {"run", "pipeline_run", "model_version", "logged_model", "deployment", "experiment"}) {
    if (kind == known) return may_read(Of::kSubject, str_cat(kind, "/", id));
  }
  return std::nullopt;
}

// What says nothing of its own is shown to those who may read something that it went into or came from.
std::set<Key> visible_nodes(const MayRead& may_read, const Json& graph) {
  std::set<Key> shown, unowned, beside;
  for (const Json& node : graph["nodes"]) {
    const Key key = key_of(node);
    const auto right = own_right(may_read, key);
    if (!right) unowned.insert(key);
    if (right.value_or(false)) shown.insert(key);
  }
  for (const Json& edge : graph["edges"]) {
    const Key from = key_of(edge["from"]), to = key_of(edge["to"]);
    if (shown.contains(from) && unowned.contains(to)) beside.insert(to);
    if (shown.contains(to) && unowned.contains(from)) beside.insert(from);
  }
  shown.merge(beside);
  return shown;
}

// Predictions are called "DEPLOYMENT/RUN", or "DEPLOYMENT/MODEL/VERSION" when no run made them.
bool names_hidden_run(const MayRead& may_read, const Key& key) {
  if (key.first != "predictions") return false;
  const std::string group = key.second.substr(std::min(key.second.find('/'), key.second.size() - 1) + 1);
  return group.find('/') == std::string::npos && !shows_run(may_read, group);
}

void hide_nodes(const MayRead& may_read, Json& graph) {
  if (!graph.is_object() || !graph.contains("nodes") || !graph.contains("edges")) return;
  const std::set<Key> shown = visible_nodes(may_read, graph);
  std::map<Key, Key> renamed;
  for (Json& node : graph["nodes"]) {
    const Key key = key_of(node);
    const bool is_shown = shown.contains(key);
    if (is_shown && !names_hidden_run(may_read, key)) continue;
    const std::string number = str_cat(renamed.size() + 1);
    const Key name = is_shown ? Key{key.first, str_cat(key.second.substr(0, key.second.find('/')), "/hidden ", number)}
                              : Key{"hidden", number};
    renamed.emplace(key, name);
    node = {{"kind", name.first}, {"id", name.second}, {"attributes", Json::object()}};
  }
  for (Json& edge : graph["edges"]) {
    for (const char* end : {"from", "to"}) {
      const auto name = renamed.find(key_of(edge[end]));
      if (name != renamed.end()) edge[end] = {{"kind", name->second.first}, {"id", name->second.second}};
    }
  }
}

}  // namespace

bool hide_lineage(const MayRead& may_read, net::Response& response) {
  auto* text = std::get_if<std::string>(&response.body);
  auto parsed = text == nullptr ? StatusOr<Json>(internal_error("no JSON")) : parse_json_object(*text);
  if (!parsed.ok()) return false;
  Json& answer = *parsed;
  if (!may_read(Of::kModel, text_at(answer["model_version"], "name"))) return false;
  hide_training(may_read, answer);
  hide_inference(may_read, answer);
  if (Json& deployment = answer["deployment"]; !shows_run(may_read, text_at(deployment, "run_id"))) {
    deployment["run_id"] = deployment["reason"] = nullptr;
  }
  hide_nodes(may_read, answer["graph"]);
  *text = to_text(answer);
  return true;
}

}  // namespace treadle::access
