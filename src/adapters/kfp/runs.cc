#include "adapters/kfp/request.h"
#include "adapters/kfp/wire.h"

namespace treadle::kfp {
namespace {

using net::Method;
using net::Request;
using net::Response;

StatusOr<Response> create(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  pipelines::Submission submission;
  ASSIGN_OR_RETURN(submission.name, optional_string(body, "display_name"));
  ASSIGN_OR_RETURN(submission.description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(submission.experiment, optional_string(body, "experiment_id"));
  ASSIGN_OR_RETURN(const Json* spec, optional_object(body, "pipeline_spec"));
  if (spec != nullptr) submission.spec = *spec;
  ASSIGN_OR_RETURN(const Json* reference, optional_object(body, "pipeline_version_reference"));
  if (reference != nullptr) {
    ASSIGN_OR_RETURN(submission.pipeline, optional_string(*reference, "pipeline_id"));
    ASSIGN_OR_RETURN(submission.version_id, optional_string(*reference, "pipeline_version_id"));
  }
  ASSIGN_OR_RETURN(const Json* config, optional_object(body, "runtime_config"));
  if (config != nullptr) {
    ASSIGN_OR_RETURN(const Json* parameters, optional_object(*config, "parameters"));
    if (parameters != nullptr) submission.parameters = *parameters;
  }
  ASSIGN_OR_RETURN(const pipelines::Run run, services.pipelines.submit(submission));
  return Response::json(run_json(run, nullptr, nullptr));
}

StatusOr<Response> get(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const pipelines::Run run, services.pipelines.get_run(param(request, "id")));
  ASSIGN_OR_RETURN(const auto tasks, services.pipelines.tasks(run.id));
  ASSIGN_OR_RETURN(const Json spec, services.pipelines.run_spec(run.id));
  return Response::json(run_json(run, &tasks, &spec));
}

// "created_at desc"; the client's "" is the newest first.
Status set_order(pipelines::RunQuery& query, std::string_view sort_by) {
  const auto words = split(sort_by.empty() ? "created_at desc" : sort_by, ' ');
  query.order_by = words[0] == "display_name" ? "name" : std::string(words[0]);
  query.descending = words.size() > 1 && words[1] == "desc";
  for (const char* known : {"created_at", "finished_at", "name", "state"}) {
    if (query.order_by == known) return ok_status();
  }
  return invalid_field("sort_by", "must be created_at, finished_at, display_name or state, then asc or desc");
}

StatusOr<Response> list(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Paging at, paging(request));
  ASSIGN_OR_RETURN(const Filter wanted, filter(request));
  pipelines::RunQuery query;
  query.limit = at.limit;
  query.offset = at.offset;
  query.experiment_id = std::string(request.query.get("experiment_id").value_or(""));
  query.name = wanted.name;
  query.name_contains = wanted.name_contains;
  query.archived = wanted.archived;
  if (!wanted.state.empty()) {
    query.state = pipelines::parse_run_state(wanted.state);
    if (!query.state) return invalid_field("filter", "a run's state is never ", wanted.state);
  }
  RETURN_IF_ERROR(set_order(query, request.query.get("sort_by").value_or("")));
  ASSIGN_OR_RETURN(const auto page, services.pipelines.list_runs(query));
  return list_answer("runs", page.items, page.total, page.more, at,
                     [](const pipelines::Run& run) { return run_json(run, nullptr, nullptr); });
}

StatusOr<Response> terminate(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.cancel(param(request, "id")));
  return Response::json(Json::object());
}

StatusOr<Response> archive(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.archive(param(request, "id"), true));
  return Response::json(Json::object());
}

StatusOr<Response> unarchive(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.archive(param(request, "id"), false));
  return Response::json(Json::object());
}

StatusOr<Response> remove(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.delete_run(param(request, "id")));
  return Response::json(Json::object());
}

}  // namespace

void add_run_routes(net::Router& router, Services services) {
  const std::string all = str_cat(kBase, "runs"), one = str_cat(all, "/{id}");
  router.add(Method::kPost, all, handle(create, services), {.max_body = kMaxSpec});
  router.add(Method::kGet, all, handle(list, services));
  router.add(Method::kGet, one, handle(get, services));
  router.add(Method::kDelete, one, handle(remove, services));
  router.add(Method::kPost, one + ":terminate", handle(terminate, services));
  router.add(Method::kPost, one + ":archive", handle(archive, services));
  router.add(Method::kPost, one + ":unarchive", handle(unarchive, services));
}

}  // namespace treadle::kfp
