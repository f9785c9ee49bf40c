#include "adapters/native/pipelines.h"

#include <algorithm>

namespace treadle::native {
namespace {

using net::Method;
using net::Request;
using net::Response;
using pipelines::Service;

constexpr std::uint64_t kMaxSpec = 32u << 20;

Json task_json(const pipelines::Task& task) {
  return {{"name", task.name},
          {"display_name", task.display_name},
          {"component", task.component},
          {"parent", task.parent},
          {"state", to_string(task.state)},
          {"started_ms", task.started_ms},
          {"finished_ms", task.finished_ms},
          {"depends_on", task.depends_on},
          {"inputs", task.inputs},
          {"outputs", task.outputs},
          {"error", task.error},
          {"attempts", task.attempts}};
}

Json code_json(const pipelines::CodeVersion& code) {
  if (code.commit.empty()) return nullptr;
  return {{"commit", code.commit}, {"dirty", code.dirty}};
}

Json run_json(const pipelines::Run& run) {
  return {{"id", run.id},
          {"run_id", run.tracking_id()},
          {"name", run.name},
          {"pipeline", run.pipeline},
          {"experiment_id", run.experiment_id},
          {"state", to_string(run.state)},
          {"error", run.error},
          {"created_ms", run.created_ms},
          {"started_ms", run.started_ms},
          {"finished_ms", run.finished_ms},
          {"parameters", run.parameters},
          {"code", code_json(run.code)}};
}

StatusOr<Json> whole_run(const pipelines::Run& run, Service& service) {
  ASSIGN_OR_RETURN(const auto tasks, service.tasks(run.id));
  Json out = run_json(run);
  out["tasks"] = Json::array();
  for (const pipelines::Task& task : tasks) out["tasks"].push_back(task_json(task));
  return out;
}

Json pipeline_json(const pipelines::Pipeline& pipeline) {
  return {{"id", pipeline.id},
          {"name", pipeline.name},
          {"description", pipeline.description},
          {"created_ms", pipeline.created_ms},
          {"latest_version_id", pipeline.latest_version_id},
          {"latest_version", pipeline.latest_version},
          {"versions", pipeline.versions}};
}

// `pipeline_spec` as an object, or `pipeline_spec_text` as YAML or JSON text; null when neither is there.
StatusOr<Json> read_spec(const Json& body) {
  ASSIGN_OR_RETURN(const Json* spec, optional_object(body, "pipeline_spec"));
  if (spec != nullptr) return *spec;
  ASSIGN_OR_RETURN(const std::string text, optional_string(body, "pipeline_spec_text"));
  if (text.empty()) return Json();
  return pipelines::parse_spec_text(text);
}

// `code`: {commit, dirty} of the checkout that the spec was submitted from.
StatusOr<pipelines::CodeVersion> read_code(const Json& body) {
  pipelines::CodeVersion code;
  ASSIGN_OR_RETURN(const Json* const given, optional_object(body, "code"));
  if (given == nullptr) return code;
  ASSIGN_OR_RETURN(code.commit, required_string(*given, "commit"));
  ASSIGN_OR_RETURN(code.dirty, optional_bool(*given, "dirty", false));
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if ((code.commit.size() != 40 && code.commit.size() != 64) ||
      !std::all_of(code.commit.begin(), code.commit.end(), is_hex)) {
    return invalid_field("code.commit", "must be a whole commit id of 40 or 64 lower-case hex digits");
  }
  return code;
}

StatusOr<Response> submit(Request& request, Service& service) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  pipelines::Submission submission;
  ASSIGN_OR_RETURN(submission.spec, read_spec(body));
  ASSIGN_OR_RETURN(submission.code, read_code(body));
  ASSIGN_OR_RETURN(submission.id, optional_string(body, "id"));
  ASSIGN_OR_RETURN(submission.pipeline, optional_string(body, "pipeline"));
  ASSIGN_OR_RETURN(submission.name, optional_string(body, "name"));
  ASSIGN_OR_RETURN(submission.experiment, optional_string(body, "experiment"));
  ASSIGN_OR_RETURN(const Json* parameters, optional_object(body, "parameters"));
  if (parameters != nullptr) submission.parameters = *parameters;
  if (body.contains("enable_caching") && !body["enable_caching"].is_null()) {
    ASSIGN_OR_RETURN(submission.enable_caching, optional_bool(body, "enable_caching", true));
  }
  ASSIGN_OR_RETURN(const pipelines::Run run, service.submit(submission));
  ASSIGN_OR_RETURN(const Json out, whole_run(run, service));
  return Response::json(out);
}

StatusOr<Response> list_runs(Request& request, Service& service) {
  pipelines::RunQuery query;
  query.pipeline = std::string(request.query.get("pipeline").value_or(""));
  const std::string_view state = request.query.get("state").value_or("");
  if (!state.empty()) {
    query.state = pipelines::parse_run_state(state);
    if (!query.state) return invalid_field("state", "must be PENDING, RUNNING, SUCCEEDED, FAILED or CANCELED");
  }
  ASSIGN_OR_RETURN(query.limit, request.query.get_int("limit", 100, 1, 1000));
  ASSIGN_OR_RETURN(query.offset, request.query.get_int("page_token", 0, 0, INT64_MAX / 2));
  ASSIGN_OR_RETURN(const auto page, service.list_runs(query));
  Json runs = Json::array();
  for (const pipelines::Run& run : page.items) runs.push_back(run_json(run));
  Json answer = {{"runs", runs}, {"total", page.total}};
  if (page.more) answer["next_page_token"] = str_cat(query.offset + query.limit);
  return Response::json(answer);
}

StatusOr<Response> get_run(Request& request, Service& service) {
  ASSIGN_OR_RETURN(const pipelines::Run run, service.get_run(std::string(request.param("id"))));
  ASSIGN_OR_RETURN(const Json out, whole_run(run, service));
  return Response::json(out);
}

StatusOr<Response> logs(Request& request, Service& service) {
  ASSIGN_OR_RETURN(const std::int64_t offset, request.query.get_int("offset", 0, 0, INT64_MAX / 2));
  ASSIGN_OR_RETURN(std::string text,
                   service.task_log(std::string(request.param("id")), std::string(request.param("task")), offset));
  return Response::text(200, std::move(text));
}

StatusOr<Response> cancel(Request& request, Service& service) {
  RETURN_IF_ERROR(service.cancel(std::string(request.param("id"))));
  return get_run(request, service);
}

StatusOr<Response> list_pipelines(Request& request, Service& service) {
  ASSIGN_OR_RETURN(const std::int64_t limit, request.query.get_int("limit", 100, 1, 1000));
  ASSIGN_OR_RETURN(const std::int64_t offset, request.query.get_int("page_token", 0, 0, INT64_MAX / 2));
  ASSIGN_OR_RETURN(const auto page, service.list_pipelines(limit, offset));
  Json items = Json::array();
  for (const pipelines::Pipeline& pipeline : page.items) items.push_back(pipeline_json(pipeline));
  Json answer = {{"pipelines", items}};
  if (page.more) answer["next_page_token"] = str_cat(offset + limit);
  return Response::json(answer);
}

StatusOr<Response> create_pipeline(Request& request, Service& service) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const Json spec, read_spec(body));
  if (spec.is_null()) return invalid_field("pipeline_spec", "is required (or pipeline_spec_text)");
  ASSIGN_OR_RETURN(const std::string name, optional_string(body, "name"));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(const pipelines::CodeVersion code, read_code(body));
  ASSIGN_OR_RETURN(const auto created, service.put_pipeline(name, description, spec, code));
  ASSIGN_OR_RETURN(const pipelines::Pipeline pipeline, service.get_pipeline(created.pipeline_id));
  Json out = pipeline_json(pipeline);
  out["version"] = created.name;
  return Response::json(out);
}

using Operation = StatusOr<Response> (*)(Request&, Service&);

}  // namespace

void add_pipeline_routes(net::Router& router, pipelines::Service& service) {
  const auto handle = [&service](Operation operation) {
    return [&service, operation](Request& request) {
      StatusOr<Response> response = operation(request, service);
      return response.ok() ? std::move(*response) : net::error_response(response.status());
    };
  };
  router.add(Method::kPost, "/api/v1/pipeline-runs", handle(submit), {.max_body = kMaxSpec});
  router.add(Method::kGet, "/api/v1/pipeline-runs", handle(list_runs));
  router.add(Method::kGet, "/api/v1/pipeline-runs/{id}", handle(get_run));
  router.add(Method::kGet, "/api/v1/pipeline-runs/{id}/tasks/{task}/logs", handle(logs));
  router.add(Method::kPost, "/api/v1/pipeline-runs/{id}:cancel", handle(cancel));
  router.add(Method::kGet, "/api/v1/pipelines", handle(list_pipelines));
  router.add(Method::kPost, "/api/v1/pipelines", handle(create_pipeline), {.max_body = kMaxSpec});
}

}  // namespace treadle::native
