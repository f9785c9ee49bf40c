#include "adapters/access/rules.h"

namespace treadle::access {
namespace {

constexpr auto kRead = auth::Permission::kRead, kEdit = auth::Permission::kEdit, kManage = auth::Permission::kManage;

RouteRule needs(std::string_view route, std::vector<Need> list) {
  return {route, {.who = Who::kChecked, .needs = std::move(list)}};
}
RouteRule run(std::string_view route, auth::Permission level) {
  return needs(route, {{Of::kRun, "run_id|run_uuid", level}});
}
RouteRule experiment(std::string_view route, auth::Permission level) {
  return needs(route, {{Of::kExperiment, "experiment_id", level}});
}
RouteRule model(std::string_view route, auth::Permission level) { return needs(route, {{Of::kModel, "name", level}}); }
RouteRule logged_model(std::string_view route, auth::Permission level) {
  return needs(route, {{Of::kLoggedModel, "model_id", level}});
}
RouteRule trace(std::string_view route, auth::Permission level) {
  return needs(route, {{Of::kTrace, "trace_id", level}});
}
RouteRule dataset(std::string_view route, auth::Permission level) {
  return needs(route, {{Of::kEvaluationDataset, "dataset_id", level}});
}
RouteRule dataset_and_experiments(std::string_view route) {
  return needs(route, {{Of::kEvaluationDataset, "dataset_id", kEdit}, {Of::kExperiment, "experiment_ids[]?", kEdit}});
}
RouteRule self(std::string_view route) { return needs(route, {{Of::kSelf, "username", kRead}}); }
RouteRule signed_in(std::string_view route) { return {route, {.who = Who::kSignedIn}}; }
RouteRule admin(std::string_view route) { return {route, {.who = Who::kAdmin}}; }
// Anybody's, but the answer holds only what the caller may read.
RouteRule lists(std::string_view route, std::vector<Keep> keeps, std::vector<Need> list = {}) {
  return {route, {.who = Who::kChecked, .needs = std::move(list), .keeps = std::move(keeps)}};
}
RouteRule raw(RouteRule entry) {
  entry.rule.raw_body = true;
  return entry;
}
RouteRule then(RouteRule entry, Then change) {
  entry.rule.then = change;
  return entry;
}

const Keep kExperiments{"experiments", Of::kExperiment, "experiment_id"};
const Keep kDatasets{"datasets", Of::kEvaluationDataset, "dataset_id"};

}  // namespace

// The levels are MLflow's own: EDIT writes, MANAGE deletes and gives permissions.
const std::vector<RouteRule>& mlflow_rules() {
  static const std::vector<RouteRule> rules = {
      then(signed_in("POST mlflow/experiments/create"), Then::kOwnExperiment),
      lists("GET mlflow/experiments/search", {kExperiments}),
      lists("POST mlflow/experiments/search", {kExperiments}),
      lists("POST mlflow/experiments/search-datasets", {{"dataset_summaries", Of::kExperiment, "experiment_id"}},
            {{Of::kExperiment, "experiment_ids[]?", kRead}}),
      experiment("GET mlflow/experiments/get", kRead),
      needs("GET mlflow/experiments/get-by-name", {{Of::kExperimentName, "experiment_name", kRead}}),
      experiment("POST mlflow/experiments/delete", kManage),
      experiment("POST mlflow/experiments/restore", kManage),
      experiment("POST mlflow/experiments/update", kEdit),
      experiment("POST mlflow/experiments/set-experiment-tag", kEdit),
      experiment("POST mlflow/experiments/delete-experiment-tag", kEdit),

      needs("POST mlflow/runs/create", {{Of::kExperiment, "experiment_id", kEdit, "0"}}),
      run("GET mlflow/runs/get", kRead),
      run("POST mlflow/runs/update", kEdit),
      run("POST mlflow/runs/delete", kManage),
      run("POST mlflow/runs/restore", kManage),
      lists("POST mlflow/runs/search", {{"runs", Of::kExperiment, "info.experiment_id", "experiment_ids"}}),
      // A metric may also be that of a logged model.
      needs("POST mlflow/runs/log-metric",
            {{Of::kRun, "run_id|run_uuid", kEdit}, {Of::kLoggedModel, "model_id?", kEdit}}),
      run("POST mlflow/runs/log-parameter", kEdit),
      run("POST mlflow/runs/set-tag", kEdit),
      run("POST mlflow/runs/delete-tag", kEdit),
      needs("POST mlflow/runs/log-batch",
            {{Of::kRun, "run_id|run_uuid", kEdit}, {Of::kLoggedModel, "metrics[].model_id[]?", kEdit}}),
      run("POST mlflow/runs/log-model", kEdit),
      needs("POST mlflow/runs/log-inputs",
            {{Of::kRun, "run_id", kEdit}, {Of::kLoggedModel, "models[].model_id[]?", kRead}}),
      needs("POST mlflow/runs/outputs",
            {{Of::kRun, "run_id", kEdit}, {Of::kLoggedModel, "models[].model_id[]?", kRead}}),
      run("GET mlflow/metrics/get-history", kRead),
      needs("GET mlflow/metrics/get-history-bulk", {{Of::kRun, "run_id[]", kRead}}),
      needs("GET mlflow/metrics/get-history-bulk-interval", {{Of::kRun, "run_ids[]", kRead}}),

      run("GET mlflow/artifacts/list", kRead),
      run("GET /get-artifact", kRead),
      raw(run("POST mlflow/upload-artifact", kEdit)),
      needs("GET /model-versions/get-artifact", {{Of::kModel, "name", kRead}}),
      needs("GET //model-versions/get-artifact", {{Of::kModel, "name", kRead}}),
      needs("GET mlflow-artifacts/artifacts", {{Of::kArtifact, "path", kRead, ""}}),
      needs("GET mlflow-artifacts/artifacts/{path...}", {{Of::kArtifact, "path", kRead}}),
      needs("PUT mlflow-artifacts/artifacts/{path...}", {{Of::kArtifact, "path", kEdit}}),
      needs("DELETE mlflow-artifacts/artifacts/{path...}", {{Of::kArtifact, "path", kManage}}),
      needs("POST mlflow-artifacts/mpu/create/{folder...}", {{Of::kArtifact, "folder", kEdit}}),
      needs("POST mlflow-artifacts/mpu/complete/{folder...}", {{Of::kArtifact, "folder", kEdit}}),
      needs("POST mlflow-artifacts/mpu/abort/{folder...}", {{Of::kArtifact, "folder", kEdit}}),
      needs("GET mlflow-artifacts/presigned/{path...}", {{Of::kArtifact, "path", kRead}}),
      needs("POST mlflow/artifacts/presigned-upload-url",
            {{Of::kRun, "run_id?", kEdit}, {Of::kLoggedModel, "model_id?", kEdit}}),
      needs("POST mlflow/artifacts/presigned-download-url",
            {{Of::kRun, "run_id?", kRead}, {Of::kLoggedModel, "model_id?", kRead}}),
      // Their signature is the right to use them; the routes above give them out.
      {"PUT mlflow-artifacts/mpu/part/{id}/{part}", {.who = Who::kPublic}},
      {"GET mlflow-artifacts/signed/{path...}", {.who = Who::kPublic}},
      {"PUT mlflow-artifacts/signed/{path...}", {.who = Who::kPublic}},

      needs("POST mlflow/logged-models",
            {{Of::kExperiment, "experiment_id", kEdit, "0"}, {Of::kRun, "source_run_id?", kRead}}),
      lists("POST mlflow/logged-models/search", {{"models", Of::kExperiment, "info.experiment_id", "experiment_ids"}}),
      logged_model("GET mlflow/logged-models/{model_id}", kRead),
      logged_model("PATCH mlflow/logged-models/{model_id}", kEdit),
      logged_model("DELETE mlflow/logged-models/{model_id}", kManage),
      logged_model("PATCH mlflow/logged-models/{model_id}/tags", kEdit),
      logged_model("DELETE mlflow/logged-models/{model_id}/tags/{tag_key}", kManage),
      logged_model("POST mlflow/logged-models/{model_id}/params", kEdit),
      logged_model("GET mlflow/logged-models/{model_id}/artifacts/directories", kRead),
      logged_model("GET mlflow/logged-models/{model_id}/artifacts/files", kRead),

      needs("POST mlflow/traces",
            {{Of::kExperiment, "trace.trace_info.trace_location.mlflow_experiment.experiment_id|experiment_id", kEdit},
             {Of::kTrace, "trace.trace_info.trace_id?", kEdit}}),
      needs("GET mlflow/traces", {{Of::kExperiment, "experiment_ids[]", kRead}}),
      trace("PATCH mlflow/traces/{trace_id}", kEdit),
      trace("GET mlflow/traces/{trace_id}/info", kRead),
      trace("GET mlflow/traces/get", kRead),
      trace("GET mlflow/traces/{trace_id}", kRead),
      needs("GET mlflow/traces/batchGet", {{Of::kTrace, "trace_ids[]?", kRead}}),
      needs("POST mlflow/traces/batchGet", {{Of::kTrace, "trace_ids[]?", kRead}}),
      needs("GET mlflow/traces/batchGetInfos", {{Of::kTrace, "trace_ids[]?", kRead}}),
      needs("POST mlflow/traces/batchGetInfos", {{Of::kTrace, "trace_ids[]?", kRead}}),
      needs("POST mlflow/traces/search", {{Of::kExperiment, "locations[].mlflow_experiment.experiment_id[]", kRead}}),
      needs("POST mlflow/traces/metrics", {{Of::kExperiment, "experiment_ids[]", kRead}}),
      needs("POST mlflow/traces/calculate-filter-correlation", {{Of::kExperiment, "experiment_ids[]", kRead}}),
      trace("POST mlflow/traces/link-prompts", kEdit),
      needs("GET mlflow/get-trace-artifact", {{Of::kTrace, "request_id", kRead}}),
      experiment("POST mlflow/traces/delete-traces", kManage),
      trace("PATCH mlflow/traces/{trace_id}/tags", kEdit),
      trace("DELETE mlflow/traces/{trace_id}/tags", kEdit),
      needs("POST mlflow/traces/link-to-run", {{Of::kTrace, "trace_ids[]?", kRead}, {Of::kRun, "run_id", kEdit}}),
      trace("POST mlflow/traces/{trace_id}/assessments", kEdit),
      trace("GET mlflow/traces/{trace_id}/assessments/{assessment_id}", kRead),
      trace("PATCH mlflow/traces/{trace_id}/assessments/{assessment_id}", kEdit),
      trace("DELETE mlflow/traces/{trace_id}/assessments/{assessment_id}", kEdit),
      raw(needs("POST /v1/traces", {{Of::kExperiment, "header:x-mlflow-experiment-id", kEdit},
                                    {Of::kRun, "header:x-mlflow-run-id?", kEdit}})),

      // Without an experiment it would be everybody's: such a dataset only administrators make.
      needs("POST mlflow/datasets/create", {{Of::kExperiment, "experiment_ids[]", kEdit}}),
      lists("POST mlflow/datasets/search", {kDatasets}, {{Of::kExperiment, "experiment_ids[]?", kRead}}),
      lists("GET mlflow/datasets/search", {kDatasets}, {{Of::kExperiment, "experiment_ids[]?", kRead}}),
      dataset("GET mlflow/datasets/{dataset_id}", kRead),
      dataset("DELETE mlflow/datasets/{dataset_id}", kManage),
      dataset("PATCH mlflow/datasets/{dataset_id}/tags", kEdit),
      dataset("DELETE mlflow/datasets/{dataset_id}/tags/{key}", kEdit),
      dataset("POST mlflow/datasets/{dataset_id}/records", kEdit),
      dataset("GET mlflow/datasets/{dataset_id}/records", kRead),
      dataset("DELETE mlflow/datasets/{dataset_id}/records", kEdit),
      dataset("GET mlflow/datasets/{dataset_id}/experiment-ids", kRead),
      dataset_and_experiments("POST mlflow/datasets/{dataset_id}/add-experiments"),
      dataset_and_experiments("POST mlflow/datasets/{dataset_id}/remove-experiments"),
      experiment("POST mlflow/scorers/register", kEdit),
      lists("GET mlflow/scorers/list", {{"scorers", Of::kExperiment, "experiment_id"}},
            {{Of::kExperiment, "experiment_id?", kRead}, {Of::kExperiment, "experiment_ids[]?", kRead}}),
      experiment("GET mlflow/scorers/versions", kRead),
      experiment("GET mlflow/scorers/get", kRead),
      experiment("DELETE mlflow/scorers/delete", kManage),
      signed_in("GET mlflow/scorers/online-configs"),
      experiment("PUT mlflow/scorers/online-config", kManage),

      then(signed_in("POST mlflow/registered-models/create"), Then::kOwnModel),
      model("GET mlflow/registered-models/get", kRead),
      then(model("POST mlflow/registered-models/rename", kEdit), Then::kRenameModel),
      model("PATCH mlflow/registered-models/update", kEdit),
      then(model("DELETE mlflow/registered-models/delete", kManage), Then::kForgetModel),
      model("POST mlflow/registered-models/set-tag", kEdit),
      model("DELETE mlflow/registered-models/delete-tag", kEdit),
      model("POST mlflow/registered-models/alias", kEdit),
      model("DELETE mlflow/registered-models/alias", kManage),
      model("GET mlflow/registered-models/alias", kRead),
      model("GET mlflow/registered-models/get-latest-versions", kRead),
      model("POST mlflow/registered-models/get-latest-versions", kRead),
      lists("GET mlflow/registered-models/search", {{"registered_models", Of::kModel, "name"}}),
      // A version shows and serves what is behind its source, so that must be the caller's to read.
      needs("POST mlflow/model-versions/create", {{Of::kModel, "name", kEdit},
                                                  {Of::kSource, "source", kRead},
                                                  {Of::kRun, "run_id?", kRead},
                                                  {Of::kLoggedModel, "model_id?", kRead}}),
      lists("GET mlflow/model-versions/search", {{"model_versions", Of::kModel, "name"}}),
      model("GET mlflow/model-versions/get", kRead),
      model("GET mlflow/model-versions/get-download-uri", kRead),
      model("PATCH mlflow/model-versions/update", kEdit),
      model("POST mlflow/model-versions/transition-stage", kEdit),
      model("DELETE mlflow/model-versions/delete", kManage),
      model("POST mlflow/model-versions/set-tag", kEdit),
      model("DELETE mlflow/model-versions/delete-tag", kManage),

      admin("POST mlflow/webhooks"),
      admin("GET mlflow/webhooks"),
      admin("GET mlflow/webhooks/{webhook_id}"),
      admin("PATCH mlflow/webhooks/{webhook_id}"),
      admin("DELETE mlflow/webhooks/{webhook_id}"),
      admin("POST mlflow/webhooks/{webhook_id}/test"),

      admin("POST mlflow/users/create"),
      self("GET mlflow/users/get"),
      signed_in("GET mlflow/users/list"),
      signed_in("GET mlflow/users/current"),
      self("PATCH mlflow/users/update-password"),
      admin("PATCH mlflow/users/update-admin"),
      admin("DELETE mlflow/users/delete"),
      signed_in("GET mlflow/users/current/permissions"),
      self("GET mlflow/users/permissions/list"),
      self("GET mlflow/users/permissions/get"),
      needs("POST mlflow/users/permissions/grant", {{Of::kGrant, "", kManage}}),
      needs("POST mlflow/users/permissions/revoke", {{Of::kGrant, "", kManage}}),
      experiment("POST mlflow/experiments/permissions/create", kManage),
      experiment("GET mlflow/experiments/permissions/get", kManage),
      experiment("PATCH mlflow/experiments/permissions/update", kManage),
      experiment("DELETE mlflow/experiments/permissions/delete", kManage),
      model("POST mlflow/registered-models/permissions/create", kManage),
      model("GET mlflow/registered-models/permissions/get", kManage),
      model("PATCH mlflow/registered-models/permissions/update", kManage),
      model("DELETE mlflow/registered-models/permissions/delete", kManage),

      // What a query names is asked for through the routes above, each with its own rule.
      signed_in("GET /graphql"),
      signed_in("POST /graphql"),
      signed_in("POST mlflow/graphql"),
      signed_in("GET mlflow/workspaces"),
      signed_in("POST mlflow/workspaces"),
      signed_in("PATCH mlflow/workspaces"),
      signed_in("DELETE mlflow/workspaces"),
      signed_in("GET mlflow/workspaces/{name}"),
      signed_in("POST mlflow/workspaces/{name}"),
      signed_in("PATCH mlflow/workspaces/{name}"),
      signed_in("DELETE mlflow/workspaces/{name}"),
      {"GET mlflow/server-info", {.who = Who::kPublic}},
      signed_in("GET mlflow/ui-telemetry"),
      signed_in("POST mlflow/ui-telemetry"),
      signed_in("GET mlflow/gateway-proxy"),
      {"GET /health", {.who = Who::kPublic}},
      signed_in("GET /version"),
  };
  return rules;
}

}  // namespace treadle::access
