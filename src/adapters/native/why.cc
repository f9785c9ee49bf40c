#include "adapters/native/why.h"

#include <cmath>

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using monitoring::LoggedPrediction;

struct Sources {
  monitoring::Service& monitoring;
  registry::Service& registry;
  tracking::Service& tracking;
  lineage::Graph& graph;
  std::shared_ptr<WhySources> app;  // shared by the copies of the handler
};

std::string_view find_pair(const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view key) {
  for (const auto& [name, value] : pairs) {
    if (name == key) return value;
  }
  return {};
}

// What was deleted since is left out; any other trouble is an error.
template <typename T>
StatusOr<std::optional<T>> if_there(StatusOr<T> found) {
  if (found.ok()) return std::optional<T>(std::move(*found));
  if (found.status().code() == StatusCode::kNotFound) return std::optional<T>();
  return found.status();
}

Json prediction_json(const LoggedPrediction& prediction) {
  Json json = {{"id", prediction.id},           {"key", prediction.key}, {"value", number_form(prediction.value)},
               {"time_ms", prediction.time_ms}, {"event_ms", nullptr},   {"origin_ms", nullptr},
               {"run_id", prediction.run_id}};
  if (prediction.event_ms) json["event_ms"] = *prediction.event_ms;
  if (prediction.origin_ms) json["origin_ms"] = *prediction.origin_ms;
  return json;
}

Json features_json(const LoggedPrediction& prediction) {
  Json features = Json::object();
  for (const auto& [name, value] : prediction.features) {
    features[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  }
  return features;
}

// The dataset that the run trained on: the one whose context says so, else its first.
Json training_data(const tracking::Run& run) {
  const tracking::DatasetInput* best = nullptr;
  for (const auto& input : run.inputs) {
    const bool says_training = find_pair(input.tags, "mlflow.data.context").starts_with("train");
    if (best == nullptr || says_training) best = &input;
    if (says_training) break;
  }
  if (best == nullptr) return nullptr;
  return {{"name", best->name}, {"digest", best->digest}, {"source", best->source}};
}

// The model's version, the run that trained it and what that run read.
Status explain_model(const Sources& sources, const LoggedPrediction& prediction, Json& answer) {
  answer["model_version"] = {{"name", prediction.model}, {"version", prediction.model_version}};
  ASSIGN_OR_RETURN(const auto version,
                   if_there(sources.registry.get_version(prediction.model, prediction.model_version)));
  if (!version || version->run_id.empty()) return ok_status();
  ASSIGN_OR_RETURN(const auto run, if_there(sources.tracking.get_run(version->run_id)));
  if (!run) return ok_status();
  answer["run"] = to_json(*run);
  answer["training_data"] = training_data(*run);
  const std::string_view commit = find_pair(run->tags, "mlflow.source.git.commit");
  if (!commit.empty()) answer["commit"] = commit;
  const std::string_view dirty = find_pair(run->tags, "mlflow.source.git.dirty");
  if (!dirty.empty()) answer["commit_dirty"] = dirty == "true";
  ASSIGN_OR_RETURN(RunOrigins origins, sources.app->run(version->run_id));
  answer["training_pipeline_run"] = std::move(origins.pipeline_run);
  answer["training_steps"] = std::move(origins.steps);
  return ok_status();
}

Status explain_inference(const Sources& sources, const LoggedPrediction& prediction, Json& answer) {
  ASSIGN_OR_RETURN(RunOrigins origins, sources.app->run(prediction.run_id));
  if (origins.pipeline_run.is_null() && !prediction.run_id.empty()) {
    ASSIGN_OR_RETURN(const auto run, if_there(sources.tracking.get_run(prediction.run_id)));
    if (run) origins.pipeline_run = {{"id", run->id}, {"name", run->name}};
  }
  answer["pipeline_run"] = std::move(origins.pipeline_run);
  answer["steps"] = std::move(origins.steps);
  ASSIGN_OR_RETURN(const Json raw, sources.app->raw_rows(prediction));
  answer.update(raw);
  ASSIGN_OR_RETURN(answer["deployment"], sources.app->deployment(prediction));
  return ok_status();
}

StatusOr<Json> graph_json(lineage::Graph& graph, const LoggedPrediction& prediction) {
  const std::string group =
      prediction.run_id.empty() ? str_cat(prediction.model, "/", prediction.model_version) : prediction.run_id;
  ASSIGN_OR_RETURN(
      const auto found,
      if_there(graph.upstream({"predictions", str_cat(prediction.deployment, "/", group)}, 32, 1000, {"deployment"})));
  Json nodes = Json::array(), edges = Json::array();
  if (found) {
    for (const auto& node : found->nodes) {
      nodes.push_back({{"kind", node.kind}, {"id", node.id}, {"attributes", node.attributes}});
    }
    for (const auto& edge : found->edges) {
      edges.push_back({{"from", {{"kind", edge.from.kind}, {"id", edge.from.id}}},
                       {"to", {{"kind", edge.to.kind}, {"id", edge.to.id}}},
                       {"relation", edge.relation}});
    }
  }
  return Json{{"nodes", nodes}, {"edges", edges}};
}

StatusOr<Json> why(const Sources& sources, const net::Request& request) {
  const std::string_view id = request.query.get("prediction_id").value_or("");
  if (id.empty()) return invalid_field("prediction_id", "is required; GET /api/v1/deployments/NAME/forecast lists ids");
  ASSIGN_OR_RETURN(const LoggedPrediction prediction, sources.monitoring.prediction(id));
  Json answer = {{"prediction", prediction_json(prediction)},
                 {"truth", nullptr},
                 {"features", features_json(prediction)},
                 {"run", nullptr},
                 {"training_data", nullptr},
                 {"training_pipeline_run", nullptr},
                 {"training_steps", Json::array()},
                 {"commit", nullptr},
                 {"commit_dirty", nullptr}};
  const std::string& key = prediction.key.empty() ? prediction.id : prediction.key;
  ASSIGN_OR_RETURN(const auto truth, sources.monitoring.truth(prediction.deployment, key));
  if (truth) answer["truth"] = {{"value", truth->value}, {"observed_ms", truth->observed_ms.value_or(0)}};
  RETURN_IF_ERROR(explain_model(sources, prediction, answer));
  RETURN_IF_ERROR(explain_inference(sources, prediction, answer));
  ASSIGN_OR_RETURN(answer["graph"], graph_json(sources.graph, prediction));
  return answer;
}

}  // namespace

void add_why_routes(net::Router& router, monitoring::Service& monitoring, registry::Service& registry,
                    tracking::Service& tracking, lineage::Graph& graph, std::unique_ptr<WhySources> app) {
  const Sources sources{monitoring, registry, tracking, graph, std::move(app)};
  router.add(net::Method::kGet, "/api/v1/why",
             json_handler([sources](net::Request& request) { return why(sources, request); }));
}

}  // namespace treadle::native
