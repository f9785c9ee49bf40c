#include "adapters/kfp/routes.h"

#include "adapters/kfp/wire.h"

namespace treadle::kfp {
namespace {

using net::Method;
using net::Request;
using net::Response;

struct Services {
  pipelines::Service& pipelines;
  tracking::Service& tracking;
};
using Operation = StatusOr<Response> (*)(Request&, const Services&);

constexpr std::uint64_t kMaxSpec = 32u << 20;

std::string text(std::string_view view) { return std::string(view); }

struct Paging {
  std::int64_t limit, offset;
};
StatusOr<Paging> paging(const Request& request) {
  Paging out{};
  ASSIGN_OR_RETURN(out.limit, request.query.get_int("page_size", 20, 0, 200));
  if (out.limit == 0) out.limit = 20;
  const std::string_view token = request.query.get("page_token").value_or("");
  const auto offset = token.empty() ? std::optional<std::int64_t>(0) : parse_int(token);
  if (!offset || *offset < 0) return invalid_field("page_token", "is not one that this server gave");
  out.offset = *offset;
  return out;
}

StatusOr<Response> healthz(Request&, const Services&) { return Response::json({{"multi_user", false}}); }

StatusOr<Response> create_experiment(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string name, required_string(body, "display_name"));
  ASSIGN_OR_RETURN(const auto experiment, services.tracking.create_experiment(name));
  return Response::json(experiment_json(experiment));
}

StatusOr<Response> get_experiment(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto experiment, services.tracking.get_experiment(text(request.param("id"))));
  return Response::json(experiment_json(experiment));
}

// The client finds an experiment by name with a filter: {"predicates":[{"operation":1,"key":"display_name",
// "stringValue":"…"}]}. Other filters are refused, not ignored.
StatusOr<std::string> name_filter(const Request& request) {
  const std::string_view filter = request.query.get("filter").value_or("");
  if (filter.empty()) return std::string();
  ASSIGN_OR_RETURN(const Json parsed, parse_json_object(filter));
  ASSIGN_OR_RETURN(const Json* predicates, optional_array(parsed, "predicates"));
  if (predicates == nullptr || predicates->empty()) return std::string();
  const Json& only = (*predicates)[0];
  const bool equals =
      only.is_object() && (only.value("operation", Json()) == 1 || only.value("operation", Json()) == "EQUALS");
  if (predicates->size() != 1 || !equals) return unimplemented("filter: only one EQUALS predicate is supported");
  ASSIGN_OR_RETURN(const std::string key, required_string(only, "key"));
  if (key != "name" && key != "display_name") return unimplemented("filter: only display_name can be filtered by");
  return required_string(only, only.contains("stringValue") ? "stringValue" : "string_value");
}

StatusOr<Response> list_experiments(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Paging at, paging(request));
  ASSIGN_OR_RETURN(const std::string name, name_filter(request));
  Json items = Json::array();
  bool more = false;
  if (!name.empty()) {
    const auto found = services.tracking.get_experiment_by_name(name);
    if (found.ok()) items.push_back(experiment_json(*found));
  } else {
    tracking::ExperimentQuery query;
    query.limit = at.limit;
    query.offset = at.offset;
    ASSIGN_OR_RETURN(const auto page, services.tracking.search_experiments(query));
    for (const auto& experiment : page.items) items.push_back(experiment_json(experiment));
    more = page.more;
  }
  Json out = {{"experiments", items}, {"total_size", items.size()}};
  if (more) out["next_page_token"] = std::to_string(at.offset + at.limit);
  return Response::json(out);
}

StatusOr<Response> create_run(Request& request, const Services& services) {
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

StatusOr<Response> get_run(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const pipelines::Run run, services.pipelines.get_run(text(request.param("id"))));
  ASSIGN_OR_RETURN(const auto tasks, services.pipelines.tasks(run.id));
  ASSIGN_OR_RETURN(const Json spec, services.pipelines.run_spec(run.id));
  return Response::json(run_json(run, &tasks, &spec));
}

StatusOr<Response> list_runs(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Paging at, paging(request));
  pipelines::RunQuery query;
  query.limit = at.limit;
  query.offset = at.offset;
  query.experiment_id = text(request.query.get("experiment_id").value_or(""));
  ASSIGN_OR_RETURN(query.name, name_filter(request));
  const auto sort = split(request.query.get("sort_by").value_or("created_at desc"), ' ');
  query.order_by = sort[0] == "display_name" ? "name" : text(sort[0]);
  for (const char* known : {"created_at", "finished_at", "name", "state", ""}) {
    if (query.order_by != known) continue;
    query.descending = sort.size() > 1 && sort[1] == "desc";
    ASSIGN_OR_RETURN(const auto page, services.pipelines.list_runs(query));
    Json items = Json::array();
    for (const pipelines::Run& run : page.items) items.push_back(run_json(run, nullptr, nullptr));
    Json out = {{"runs", items}, {"total_size", page.total}};
    if (page.more) out["next_page_token"] = std::to_string(at.offset + at.limit);
    return Response::json(out);
  }
  return invalid_field("sort_by", "must be created_at, finished_at, display_name or state, then asc or desc");
}

StatusOr<Response> terminate(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.cancel(text(request.param("id"))));
  return Response::json(Json::object());
}

StatusOr<Response> archive(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.archive(text(request.param("id")), true));
  return Response::json(Json::object());
}

StatusOr<Response> unarchive(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.archive(text(request.param("id")), false));
  return Response::json(Json::object());
}

StatusOr<Response> delete_run(Request& request, const Services& services) {
  RETURN_IF_ERROR(services.pipelines.delete_run(text(request.param("id"))));
  return Response::json(Json::object());
}

}  // namespace

void add_routes(net::Router& router, pipelines::Service& pipelines, tracking::Service& tracking) {
  const auto handle = [services = Services{pipelines, tracking}](Operation operation) {
    return [services, operation](Request& request) {
      StatusOr<Response> response = operation(request, services);
      return response.ok() ? std::move(*response) : error(response.status());
    };
  };
  const std::string base = "/apis/v2beta1/";
  router.add(Method::kGet, base + "healthz", handle(healthz));
  router.add(Method::kPost, base + "experiments", handle(create_experiment));
  router.add(Method::kGet, base + "experiments", handle(list_experiments));
  router.add(Method::kGet, base + "experiments/{id}", handle(get_experiment));
  router.add(Method::kPost, base + "runs", handle(create_run), {.max_body = kMaxSpec});
  router.add(Method::kGet, base + "runs", handle(list_runs));
  router.add(Method::kGet, base + "runs/{id}", handle(get_run));
  router.add(Method::kDelete, base + "runs/{id}", handle(delete_run));
  router.add(Method::kPost, base + "runs/{id}:terminate", handle(terminate));
  router.add(Method::kPost, base + "runs/{id}:archive", handle(archive));
  router.add(Method::kPost, base + "runs/{id}:unarchive", handle(unarchive));
}

}  // namespace treadle::kfp
