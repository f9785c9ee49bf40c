#include "adapters/native/import.h"

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

StatusOr<Json> import_experiment(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  tracking::Experiment experiment;
  ASSIGN_OR_RETURN(experiment.name, required_string(body, "name"));
  ASSIGN_OR_RETURN(experiment.deleted, optional_bool(body, "deleted", false));
  ASSIGN_OR_RETURN(experiment.created_ms, optional_int(body, "created_ms", 0));
  ASSIGN_OR_RETURN(experiment.updated_ms, optional_int(body, "updated_ms", experiment.created_ms));
  ASSIGN_OR_RETURN(experiment.tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const auto imported, tracking.import_experiment(experiment));
  return to_json(imported);
}

StatusOr<Json> import_run(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  tracking::Run run;
  run.id = std::string(request.param("id"));
  ASSIGN_OR_RETURN(run.experiment_id, required_string(body, "experiment_id"));
  ASSIGN_OR_RETURN(run.name, optional_string(body, "name"));
  ASSIGN_OR_RETURN(const std::string status, required_string(body, "status"));
  const auto parsed = tracking::parse_run_status(status);
  if (!parsed) return invalid_field("status", "must be RUNNING, SCHEDULED, FINISHED, FAILED or KILLED");
  run.status = *parsed;
  ASSIGN_OR_RETURN(run.deleted, optional_bool(body, "deleted", false));
  ASSIGN_OR_RETURN(run.start_ms, optional_int(body, "start_ms", 0));
  if (body.contains("end_ms") && !body["end_ms"].is_null()) {
    ASSIGN_OR_RETURN(run.end_ms, required_int(body, "end_ms"));
  }
  ASSIGN_OR_RETURN(run.user, optional_string(body, "user"));
  ASSIGN_OR_RETURN(const auto imported, tracking.import_run(run));
  return to_json(imported);
}

StatusOr<tracking::ModelMetric> read_model_metric(const Json& item) {
  tracking::ModelMetric one;
  ASSIGN_OR_RETURN(one.run_id, required_string(item, "run_id"));
  ASSIGN_OR_RETURN(one.metric, read_metric(item, 0));
  return one;
}

StatusOr<Json> import_logged_model(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  tracking::LoggedModel model;
  model.id = std::string(request.param("id"));
  ASSIGN_OR_RETURN(model.experiment_id, required_string(body, "experiment_id"));
  ASSIGN_OR_RETURN(model.name, required_string(body, "name"));
  ASSIGN_OR_RETURN(model.type, optional_string(body, "type"));
  ASSIGN_OR_RETURN(model.run_id, optional_string(body, "run_id"));
  ASSIGN_OR_RETURN(const std::int64_t status, optional_int(body, "status", 1));
  if (status < 1 || status > 3) return invalid_field("status", "must be 1 (pending), 2 (ready) or 3 (upload failed)");
  model.status = static_cast<tracking::ModelStatus>(status);
  ASSIGN_OR_RETURN(model.deleted, optional_bool(body, "deleted", false));
  ASSIGN_OR_RETURN(model.created_ms, optional_int(body, "created_ms", 0));
  ASSIGN_OR_RETURN(model.updated_ms, optional_int(body, "updated_ms", model.created_ms));
  ASSIGN_OR_RETURN(model.params, read_pairs(body, "params"));
  ASSIGN_OR_RETURN(model.tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const Json* metrics, optional_array(body, "metrics"));
  for (std::size_t i = 0; metrics != nullptr && i < metrics->size(); ++i) {
    ASSIGN_OR_RETURN(auto metric, read_model_metric((*metrics)[i]));
    model.metrics.push_back(std::move(metric));
  }
  ASSIGN_OR_RETURN(const auto imported, tracking.import_logged_model(model));
  return Json{{"id", imported.id}};
}

StatusOr<Json> import_model(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  registry::Model model;
  model.name = std::string(request.param("name"));
  ASSIGN_OR_RETURN(model.description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(model.created_ms, optional_int(body, "created_ms", 0));
  ASSIGN_OR_RETURN(model.updated_ms, optional_int(body, "updated_ms", model.created_ms));
  ASSIGN_OR_RETURN(model.tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const auto imported, registry.import_model(model));
  return to_json(imported);
}

StatusOr<Json> import_version(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  registry::Version version;
  version.model = std::string(request.param("name"));
  version.version = parse_int(request.param("version")).value_or(0);
  ASSIGN_OR_RETURN(version.run_id, optional_string(body, "run_id"));
  ASSIGN_OR_RETURN(version.source, required_string(body, "source"));
  ASSIGN_OR_RETURN(version.description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(version.stage, optional_string(body, "stage", "None"));
  ASSIGN_OR_RETURN(version.user, optional_string(body, "user"));
  ASSIGN_OR_RETURN(version.created_ms, optional_int(body, "created_ms", 0));
  ASSIGN_OR_RETURN(version.updated_ms, optional_int(body, "updated_ms", version.created_ms));
  ASSIGN_OR_RETURN(version.tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const auto imported, registry.import_version(version));
  return to_json(imported);
}

}  // namespace

void add_import_routes(net::Router& router, tracking::Service& tracking, registry::Service& registry) {
  const auto route = [&](Method method, std::string_view pattern, auto& service, auto work) {
    router.add(method, pattern, json_handler([&service, work](Request& request) { return work(service, request); }),
               {.max_body = 16u << 20});
  };
  route(Method::kPost, "/api/v1/import/experiments", tracking, import_experiment);
  route(Method::kPut, "/api/v1/import/runs/{id}", tracking, import_run);
  route(Method::kPut, "/api/v1/import/logged-models/{id}", tracking, import_logged_model);
  route(Method::kPut, "/api/v1/import/models/{name}", registry, import_model);
  route(Method::kPut, "/api/v1/import/models/{name}/versions/{version}", registry, import_version);
}

}  // namespace treadle::native
