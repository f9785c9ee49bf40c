#include "adapters/native/experiments.h"

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

// What the path calls the experiment: its id, or its name.
StatusOr<tracking::Experiment> named(tracking::Service& tracking, const Request& request) {
  const std::string name(request.param("experiment"));
  if (parse_int(name)) {
    auto found = tracking.get_experiment(name);
    if (found.ok() || found.status().code() != StatusCode::kNotFound) return found;
  }
  auto found = tracking.get_experiment_by_name(name);
  if (found.status().code() == StatusCode::kNotFound) {
    return not_found("there is no experiment with the id or name \"", name, "\"; GET /api/v1/experiments lists them");
  }
  return found;
}

// With how many runs each has.
StatusOr<Json> forms_of(tracking::Service& tracking, const std::vector<tracking::Experiment>& experiments) {
  std::vector<std::string> ids;
  ids.reserve(experiments.size());
  for (const auto& experiment : experiments) ids.push_back(experiment.id);
  ASSIGN_OR_RETURN(const std::vector<std::int64_t> counts, tracking.count_runs(ids));
  Json list = Json::array();
  for (std::size_t i = 0; i < experiments.size(); ++i) {
    list.push_back(to_json(experiments[i]));
    list.back()["run_count"] = counts[i];
  }
  return list;
}

StatusOr<Json> form_of(tracking::Service& tracking, const tracking::Experiment& experiment) {
  ASSIGN_OR_RETURN(Json list, forms_of(tracking, {experiment}));
  return std::move(list.front());
}

StatusOr<Json> list_experiments(tracking::Service& tracking, const Request& request) {
  tracking::ExperimentQuery query;
  ASSIGN_OR_RETURN(query.limit, request.query.get_int("limit", 1000, 1, 1000));
  ASSIGN_OR_RETURN(query.offset, page_offset(request.query));
  ASSIGN_OR_RETURN(query.view, view_of(request.query));
  query.filter = std::string(request.query.get("filter").value_or(""));
  for (const std::string_view order : request.query.all("order_by")) query.order_by.emplace_back(order);
  ASSIGN_OR_RETURN(const auto page, tracking.search_experiments(query));
  ASSIGN_OR_RETURN(const Json list, forms_of(tracking, page.items));
  Json answer = {{"experiments", list}};
  if (page.more) answer["next_page_token"] = str_cat(query.offset + query.limit);
  return answer;
}

StatusOr<Json> create_experiment(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string name, required_string(body, "name"));
  ASSIGN_OR_RETURN(const auto tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const auto experiment, tracking.create_experiment(name, tags));
  return form_of(tracking, experiment);
}

StatusOr<Json> show_experiment(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const auto experiment, named(tracking, request));
  return form_of(tracking, experiment);
}

// {"name": "new name", "tags": {…}}, both optional.
StatusOr<Json> update_experiment(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string name, optional_string(body, "name"));
  ASSIGN_OR_RETURN(const auto tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const auto experiment, named(tracking, request));
  if (!name.empty()) RETURN_IF_ERROR(tracking.rename_experiment(experiment.id, name));
  for (const auto& [key, value] : tags) RETURN_IF_ERROR(tracking.set_experiment_tag(experiment.id, key, value));
  ASSIGN_OR_RETURN(const auto updated, tracking.get_experiment(experiment.id));
  return form_of(tracking, updated);
}

template <Status (tracking::Service::*change)(const std::string&)>
StatusOr<Json> change_experiment(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const auto experiment, named(tracking, request));
  RETURN_IF_ERROR((tracking.*change)(experiment.id));
  ASSIGN_OR_RETURN(const auto changed, tracking.get_experiment(experiment.id));
  return form_of(tracking, changed);
}

}  // namespace

void add_experiment_routes(net::Router& router, tracking::Service& tracking) {
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern, json_handler([&tracking, work](Request& request) { return work(tracking, request); }));
  };
  route(Method::kGet, "/api/v1/experiments", list_experiments);
  route(Method::kPost, "/api/v1/experiments", create_experiment);
  route(Method::kGet, "/api/v1/experiments/{experiment}", show_experiment);
  route(Method::kPatch, "/api/v1/experiments/{experiment}", update_experiment);
  route(Method::kDelete, "/api/v1/experiments/{experiment}", change_experiment<&tracking::Service::delete_experiment>);
  route(Method::kPost, "/api/v1/experiments/{experiment}:restore",
        change_experiment<&tracking::Service::restore_experiment>);
}

}  // namespace treadle::native
