// KFP's experiments are MLflow's: the same rows. Archived is MLflow's deleted, and can be taken back.
#include "adapters/kfp/request.h"
#include "adapters/kfp/wire.h"

namespace treadle::kfp {
namespace {

using net::Method;
using net::Request;
using net::Response;

StatusOr<Response> create(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string name, required_string(body, "display_name"));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  tracking::Tags tags;
  if (!description.empty()) tags.emplace_back(kExperimentNote, description);
  ASSIGN_OR_RETURN(const auto experiment, services.tracking.create_experiment(name, tags));
  return Response::json(experiment_json(experiment));
}

StatusOr<Response> get(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto experiment, services.tracking.get_experiment(param(request, "id")));
  return Response::json(experiment_json(experiment));
}

StatusOr<tracking::Page<tracking::Experiment>> find(const Services& services, const Filter& wanted, const Paging& at) {
  tracking::Page<tracking::Experiment> page;
  if (!wanted.name.empty()) {
    const auto found = services.tracking.get_experiment_by_name(wanted.name);
    if (found.ok() && wanted.archived.value_or(found->deleted) == found->deleted) page.items.push_back(*found);
    return page;
  }
  tracking::ExperimentQuery query;
  query.limit = at.limit;
  query.offset = at.offset;
  query.view = !wanted.archived   ? tracking::View::kAll
               : *wanted.archived ? tracking::View::kDeleted
                                  : tracking::View::kActive;
  return services.tracking.search_experiments(query);
}

StatusOr<Response> list(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Paging at, paging(request));
  ASSIGN_OR_RETURN(const Filter wanted, filter(request));
  if (!wanted.name_contains.empty() || !wanted.state.empty()) {
    return invalid_field("filter", "experiments are found by EQUALS on display_name or by storage_state");
  }
  ASSIGN_OR_RETURN(const auto page, find(services, wanted, at));
  const auto total = static_cast<std::int64_t>(page.items.size());
  return list_answer("experiments", page.items, total, page.more, at, experiment_json);
}

// Already archived counts as done.
StatusOr<Response> archive(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto experiment, services.tracking.get_experiment(param(request, "id")));
  if (!experiment.deleted) RETURN_IF_ERROR(services.tracking.delete_experiment(experiment.id));
  return Response::json(Json::object());
}

StatusOr<Response> unarchive(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto experiment, services.tracking.get_experiment(param(request, "id")));
  if (experiment.deleted) RETURN_IF_ERROR(services.tracking.restore_experiment(experiment.id));
  return Response::json(Json::object());
}

}  // namespace

void add_experiment_routes(net::Router& router, Services services) {
  const std::string all = str_cat(kBase, "experiments"), one = str_cat(all, "/{id}");
  router.add(Method::kPost, all, handle(create, services));
  router.add(Method::kGet, all, handle(list, services));
  router.add(Method::kGet, one, handle(get, services));
  router.add(Method::kDelete, one, handle(archive, services));
  router.add(Method::kPost, one + ":archive", handle(archive, services));
  router.add(Method::kPost, one + ":unarchive", handle(unarchive, services));
}

}  // namespace treadle::kfp
