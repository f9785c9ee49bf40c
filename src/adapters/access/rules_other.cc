#include "adapters/access/rules.h"

namespace treadle::access {
namespace {

constexpr auto kRead = auth::Permission::kRead, kUse = auth::Permission::kUse, kEdit = auth::Permission::kEdit,
               kManage = auth::Permission::kManage;

RouteRule needs(std::string_view route, std::vector<Need> list) {
  return {route, {.who = Who::kChecked, .needs = std::move(list)}};
}
RouteRule deployment(std::string_view route, auth::Permission level, std::string_view field = "name") {
  return needs(route, {{Of::kDeployment, field, level}});
}
RouteRule pipelines(std::string_view route, auth::Permission level) {
  return needs(route, {{Of::kPipelines, "", level}});
}
RouteRule run(std::string_view route, auth::Permission level) { return needs(route, {{Of::kRun, "id", level}}); }
RouteRule open(std::string_view route) { return {route, {.who = Who::kPublic}}; }
RouteRule admin(std::string_view route) { return {route, {.who = Who::kAdmin}}; }
RouteRule signed_in(std::string_view route) { return {route, {.who = Who::kSignedIn}}; }
RouteRule lists(std::string_view route, std::vector<Keep> keeps) {
  return {route, {.who = Who::kChecked, .keeps = std::move(keeps)}};
}
RouteRule then(RouteRule entry, Then change) {
  entry.rule.then = change;
  return entry;
}

}  // namespace

// Starting, stopping and changing pipelines needs EDIT on pipelines, which nobody has unless given: a step is a process
// with the server's own rights. What a run did is read by who may read its experiment.
const std::vector<RouteRule>& other_rules() {
  static const std::vector<RouteRule> rules = {
      open("GET /healthz"),
      open("GET /readyz"),
      open("GET /api/v1/openapi.yaml"),  // the same for everybody, and it tells nothing of this server
      signed_in("GET /api/v1/status"),
      signed_in("GET /api/v1/access/routes"),
      admin("GET /api/v1/users"),
      admin("POST /api/v1/users"),
      needs("GET /api/v1/users/{name}", {{Of::kSelf, "name", kRead}}),
      admin("PATCH /api/v1/users/{name}"),
      admin("DELETE /api/v1/users/{name}"),
      admin("PUT /api/v1/users/{name}/permissions"),
      admin("DELETE /api/v1/users/{name}/permissions"),
      needs("GET /api/v1/users/{name}/tokens", {{Of::kSelf, "name", kRead}}),
      needs("POST /api/v1/users/{name}/tokens", {{Of::kSelf, "name", kRead}}),
      needs("DELETE /api/v1/users/{name}/tokens/{token}", {{Of::kSelf, "name", kRead}}),
      admin("POST /api/v1/trash:purge"),
      lists("GET /api/v1/events", {{"events", Of::kSubject, "subject"}}),
      lists("GET /api/v1/events/stream", {{"", Of::kSubject, "subject"}}),

      lists("GET /api/v1/experiments", {{"experiments", Of::kExperiment, "id"}}),
      then(signed_in("POST /api/v1/experiments"), Then::kOwnExperiment),
      needs("GET /api/v1/experiments/{experiment}", {{Of::kExperimentAny, "experiment", kRead}}),
      needs("PATCH /api/v1/experiments/{experiment}", {{Of::kExperimentAny, "experiment", kEdit}}),
      needs("DELETE /api/v1/experiments/{experiment}", {{Of::kExperimentAny, "experiment", kManage}}),
      needs("POST /api/v1/experiments/{experiment}:restore", {{Of::kExperimentAny, "experiment", kManage}}),
      lists("GET /api/v1/runs", {{"runs", Of::kExperiment, "experiment_id"}}),
      then(needs("POST /api/v1/runs", {{Of::kExperimentAny, "experiment", kEdit, "0"}}), Then::kOwnExperiment),
      needs("GET /api/v1/run-groups", {{Of::kExperiment, "experiment_id[]", kRead}}),
      run("GET /api/v1/runs/{id}", kRead),
      run("GET /api/v1/runs/{id}/provenance", kRead),
      run("PATCH /api/v1/runs/{id}", kEdit),
      run("DELETE /api/v1/runs/{id}", kManage),
      run("POST /api/v1/runs/{id}:restore", kManage),
      run("POST /api/v1/runs/{id}/log", kEdit),
      run("GET /api/v1/runs/{id}/metrics/{key...}", kRead),
      run("GET /api/v1/runs/{id}/metrics:tail", kRead),
      run("GET /api/v1/runs/{id}/artifacts", kRead),
      run("GET /api/v1/runs/{id}/artifacts/{path...}", kRead),
      run("PUT /api/v1/runs/{id}/artifacts/{path...}", kEdit),
      needs("GET /api/v1/logged-models/{id}/artifacts", {{Of::kLoggedModel, "id", kRead}}),
      needs("GET /api/v1/logged-models/{id}/artifacts/{path...}", {{Of::kLoggedModel, "id", kRead}}),
      needs("GET /api/v1/traces", {{Of::kExperiment, "experiment_id[]", kRead}}),
      needs("GET /api/v1/traces/{trace_id}", {{Of::kTrace, "trace_id", kRead}}),
      needs("DELETE /api/v1/traces/{trace_id}", {{Of::kTrace, "trace_id", kManage}}),

      lists("GET /api/v1/models", {{"models", Of::kModel, "name"}}),
      then(signed_in("POST /api/v1/models"), Then::kOwnModel),
      needs("GET /api/v1/models/{name}", {{Of::kModel, "name", kRead}}),
      needs("PATCH /api/v1/models/{name}", {{Of::kModel, "name", kEdit}}),
      then(needs("DELETE /api/v1/models/{name}", {{Of::kModel, "name", kManage}}), Then::kForgetModel),
      then(needs("POST /api/v1/models/{name}:rename", {{Of::kModel, "name", kEdit}}), Then::kRenameModel),
      then(needs("POST /api/v1/models/{name}/versions",
                 {{Of::kNewModel, "name", kEdit}, {Of::kSource, "source", kRead}, {Of::kRun, "run_id?", kRead}}),
           Then::kOwnModel),
      needs("GET /api/v1/models/{name}/versions/{version}", {{Of::kModel, "name", kRead}}),
      needs("PATCH /api/v1/models/{name}/versions/{version}", {{Of::kModel, "name", kEdit}}),
      needs("DELETE /api/v1/models/{name}/versions/{version}", {{Of::kModel, "name", kManage}}),
      needs("PUT /api/v1/models/{name}/versions/{version}/stage", {{Of::kModel, "name", kEdit}}),
      needs("PUT /api/v1/models/{name}/aliases/{alias}", {{Of::kModel, "name", kEdit}}),
      needs("DELETE /api/v1/models/{name}/aliases/{alias}", {{Of::kModel, "name", kManage}}),
      // Who may approve could as well take the gate away.
      needs("GET /api/v1/models/{name}/history", {{Of::kModel, "name", kRead}}),
      needs("GET /api/v1/models/{name}/versions/{version}/history", {{Of::kModel, "name", kRead}}),
      needs("GET /api/v1/models/{name}/versions/{version}/approvals", {{Of::kModel, "name", kRead}}),
      needs("POST /api/v1/models/{name}/versions/{version}/approvals", {{Of::kModel, "name", kManage}}),
      needs("DELETE /api/v1/models/{name}/versions/{version}/approvals/{target}", {{Of::kModel, "name", kManage}}),
      needs("GET /api/v1/models/{name}/gates", {{Of::kModel, "name", kRead}}),
      needs("GET /api/v1/models/{name}/gates/{target}", {{Of::kModel, "name", kRead}}),
      needs("PUT /api/v1/models/{name}/gates/{target}", {{Of::kModel, "name", kManage}}),
      needs("DELETE /api/v1/models/{name}/gates/{target}", {{Of::kModel, "name", kManage}}),

      lists("GET /api/v1/deployments", {{"deployments", Of::kModel, "model"}}),
      deployment("GET /api/v1/deployments/{name}", kRead),
      needs("PUT /api/v1/deployments/{name}",
            {{Of::kNewDeployment, "name", kEdit}, {Of::kModel, "model", kEdit}, {Of::kRun, "run_id?", kRead}}),
      deployment("GET /api/v1/deployments/{name}/history", kRead),
      deployment("POST /api/v1/deployments/{name}:predict", kUse),
      deployment("POST /api/v1/deployments/{name}/truths", kEdit),
      deployment("GET /api/v1/deployments/{name}/forecast", kRead),
      deployment("GET /api/v1/deployments/{name}/performance", kRead),
      deployment("GET /api/v1/deployments/{name}/drift", kRead),
      deployment("POST /api/v1/deployments/{name}/reports", kEdit),
      deployment("GET /api/v1/deployments/{name}/rules", kRead),
      deployment("PUT /api/v1/deployments/{name}/rules", kEdit),
      lists("GET /api/v1/alerts", {{"alerts", Of::kDeployment, "deployment"}}),
      // What they show is found only while they are made.
      needs("GET /api/v1/reports/{id}", {{Of::kEverything, "", kRead}}),
      {"GET /api/v1/why", {.who = Who::kChecked, .lineage = true}},

      pipelines("POST /api/v1/pipeline-runs", kEdit),
      lists("GET /api/v1/pipeline-runs", {{"runs", Of::kRun, "id"}}),
      run("GET /api/v1/pipeline-runs/{id}", kRead),
      run("GET /api/v1/pipeline-runs/{id}/spec", kRead),
      run("GET /api/v1/pipeline-runs/{id}/tasks/{task}/logs", kRead),
      pipelines("POST /api/v1/pipeline-runs/{id}:cancel", kEdit),
      signed_in("GET /api/v1/pipelines"),
      pipelines("POST /api/v1/pipelines", kEdit),
      // They name the deployments and experiments that they watch and feed.
      needs("GET /api/v1/triggers", {{Of::kEverything, "", kRead}}),
      needs("GET /api/v1/triggers/{name}", {{Of::kEverything, "", kRead}}),
      needs("GET /api/v1/triggers/{name}/firings", {{Of::kEverything, "", kRead}}),
      pipelines("POST /api/v1/triggers", kEdit),
      pipelines("DELETE /api/v1/triggers/{name}", kEdit),
      pipelines("POST /api/v1/triggers/{name}:fire", kEdit),

      open("GET /apis/v2beta1/healthz"),
      lists("GET /apis/v2beta1/experiments", {{"experiments", Of::kExperiment, "experiment_id"}}),
      then(signed_in("POST /apis/v2beta1/experiments"), Then::kOwnExperiment),
      needs("GET /apis/v2beta1/experiments/{id}", {{Of::kExperiment, "id", kRead}}),
      needs("DELETE /apis/v2beta1/experiments/{id}", {{Of::kExperiment, "id", kManage}}),
      needs("POST /apis/v2beta1/experiments/{id}:archive", {{Of::kExperiment, "id", kManage}}),
      needs("POST /apis/v2beta1/experiments/{id}:unarchive", {{Of::kExperiment, "id", kManage}}),
      pipelines("POST /apis/v2beta1/pipelines/upload", kEdit),
      pipelines("POST /apis/v2beta1/pipelines/upload_version", kEdit),
      pipelines("POST /apis/v2beta1/pipelines", kEdit),
      signed_in("GET /apis/v2beta1/pipelines"),
      signed_in("GET /apis/v2beta1/pipelines/names/{id}"),
      signed_in("GET /apis/v2beta1/pipelines/{id}"),
      pipelines("DELETE /apis/v2beta1/pipelines/{id}", kManage),
      signed_in("GET /apis/v2beta1/pipelines/{id}/versions"),
      signed_in("GET /apis/v2beta1/pipelines/{id}/versions/{version}"),
      pipelines("DELETE /apis/v2beta1/pipelines/{id}/versions/{version}", kManage),
      pipelines("POST /apis/v2beta1/runs", kEdit),
      lists("GET /apis/v2beta1/runs", {{"runs", Of::kRun, "run_id"}}),
      run("GET /apis/v2beta1/runs/{id}", kRead),
      pipelines("DELETE /apis/v2beta1/runs/{id}", kManage),
      pipelines("POST /apis/v2beta1/runs/{id}:terminate", kEdit),
      pipelines("POST /apis/v2beta1/runs/{id}:archive", kEdit),
      pipelines("POST /apis/v2beta1/runs/{id}:unarchive", kEdit),

      signed_in("GET /v2"),
      open("GET /v2/health/live"),
      open("GET /v2/health/ready"),
      lists("GET /v2/models", {{"models", Of::kDeployment, ""}}),
      lists("GET /v2/models/stats", {{"model_stats", Of::kDeployment, "name"}}),
      deployment("GET /v2/models/{model}", kRead, "model"),
      deployment("GET /v2/models/{model}/ready", kRead, "model"),
      deployment("GET /v2/models/{model}/config", kRead, "model"),
      deployment("GET /v2/models/{model}/stats", kRead, "model"),
      deployment("POST /v2/models/{model}/infer", kUse, "model"),
      deployment("GET /v2/models/{model}/versions/{version}", kRead, "model"),
      deployment("GET /v2/models/{model}/versions/{version}/ready", kRead, "model"),
      deployment("GET /v2/models/{model}/versions/{version}/config", kRead, "model"),
      deployment("GET /v2/models/{model}/versions/{version}/stats", kRead, "model"),
      deployment("POST /v2/models/{model}/versions/{version}/infer", kUse, "model"),
      lists("POST /v2/repository/index", {{"", Of::kDeployment, "name"}}),
      deployment("POST /v2/repository/models/{model}/load", kEdit, "model"),
      deployment("POST /v2/repository/models/{model}/unload", kEdit, "model"),
      lists("GET /v1/models", {{"models", Of::kDeployment, ""}}),
      deployment("GET /v1/models/{model}", kRead, "model"),
      deployment("POST /v1/models/{model}:predict", kUse, "model"),
      // Without a name it is whichever deployment there is.
      needs("POST /invocations", {{Of::kEverything, "", kRead}}),
      deployment("POST /deployments/{name}/invocations", kUse),
      open("GET /ping"),
      signed_in("GET /metrics"),

      signed_in("* /"),
      signed_in("* /api/"),
      signed_in("* /apis/"),
      signed_in("* /ajax-api/"),
      signed_in("* /v1/"),
      signed_in("* /v2/"),
      signed_in("* /get-artifact"),
      signed_in("* /model-versions/"),
      signed_in("* /api/2.0/mlflow"),
      signed_in("* /api/3.0/mlflow"),
  };
  return rules;
}

}  // namespace treadle::access
