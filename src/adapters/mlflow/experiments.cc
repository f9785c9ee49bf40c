#include "adapters/mlflow/groups.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using net::Method;

// For their datasets, at once; as MLflow.
constexpr std::size_t kSearchedExperiments = 20;

Json form(const tracking::Experiment& experiment) {
  Json json = {{"experiment_id", experiment.id},
               {"name", experiment.name},
               {"artifact_location", experiment.artifact_location.empty() ? str_cat("mlflow-artifacts:/", experiment.id)
                                                                          : experiment.artifact_location},
               {"lifecycle_stage", experiment.deleted ? "deleted" : "active"},
               {"creation_time", experiment.created_ms},
               {"last_update_time", experiment.updated_ms}};
  if (!experiment.tags.empty()) json["tags"] = tags_form(experiment.tags);
  return json;
}

StatusOr<tracking::View> read_view(const Json& arguments) {
  const auto it = arguments.find("view_type");
  const std::string view = it == arguments.end() || it->is_null() ? "ACTIVE_ONLY"
                           : it->is_string()                      ? it->get<std::string>()
                                                                  : to_text(*it);
  if (view == "ACTIVE_ONLY" || view == "1") return tracking::View::kActive;
  if (view == "DELETED_ONLY" || view == "2") return tracking::View::kDeleted;
  if (view == "ALL" || view == "3") return tracking::View::kAll;
  return wrong_parameter("view_type", *it, "it must be ACTIVE_ONLY, DELETED_ONLY or ALL");
}

StatusOr<std::string> experiment_of(const Json& arguments) {
  ASSIGN_OR_RETURN(std::string id, required_string(arguments, "experiment_id"));
  RETURN_IF_ERROR(check_experiment_id(id));
  return id;
}

StatusOr<Json> search(tracking::Service& tracking, const Json& arguments) {
  tracking::ExperimentQuery query;
  ASSIGN_OR_RETURN(query.filter, optional_string(arguments, "filter"));
  ASSIGN_OR_RETURN(query.order_by, read_strings(arguments, "order_by"));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, 1000, 50'000));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  ASSIGN_OR_RETURN(query.view, read_view(arguments));
  ASSIGN_OR_RETURN(const auto page, tracking.search_experiments(query));
  Json answer = Json::object();
  for (const auto& experiment : page.items) answer["experiments"].push_back(form(experiment));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

}  // namespace

void add_experiment_routes(Routes& routes, tracking::Service& tracking) {
  routes.add(Method::kPost, "experiments/create", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "name"));
    ASSIGN_OR_RETURN(const auto tags, read_tags(arguments, "tags"));
    ASSIGN_OR_RETURN(const std::string location, optional_string(arguments, "artifact_location"));
    ASSIGN_OR_RETURN(const auto experiment, tracking.create_experiment(name, tags, location));
    return Json{{"experiment_id", experiment.id}};
  });
  for (const Method method : {Method::kGet, Method::kPost}) {
    routes.add(method, "experiments/search", [&](const Json& arguments) { return search(tracking, arguments); });
  }
  routes.add(Method::kPost, "experiments/search-datasets", [&](const Json& arguments) -> StatusOr<Json> {
    constexpr std::int64_t kMost = 1000;  // as MLflow
    ASSIGN_OR_RETURN(const auto ids, read_strings(arguments, "experiment_ids"));
    if (ids.empty()) return invalid("SearchDatasets request must specify at least one experiment_id.");
    if (ids.size() > kSearchedExperiments) {
      return invalid("SearchDatasets request cannot specify more than ", kSearchedExperiments,
                     " experiment_ids. Received ", ids.size(), " experiment_ids.");
    }
    ASSIGN_OR_RETURN(const auto found, tracking.search_datasets(ids, kMost));
    Json answer = Json::object();
    for (const auto& one : found) {
      Json summary = {{"experiment_id", one.experiment_id}, {"name", one.name}, {"digest", one.digest}};
      if (!one.context.empty()) summary["context"] = one.context;
      answer["dataset_summaries"].push_back(std::move(summary));
    }
    return answer;
  });
  routes.add(Method::kGet, "experiments/get", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string id, experiment_of(arguments));
    ASSIGN_OR_RETURN(const auto experiment, tracking.get_experiment(id));
    return Json{{"experiment", form(experiment)}};
  });
  routes.add(Method::kGet, "experiments/get-by-name", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "experiment_name"));
    ASSIGN_OR_RETURN(const auto experiment, tracking.get_experiment_by_name(name));
    return Json{{"experiment", form(experiment)}};
  });
  const auto change = [&](std::string_view path, auto work) {
    routes.add(Method::kPost, path, [&tracking, work](const Json& arguments) -> StatusOr<Json> {
      ASSIGN_OR_RETURN(const std::string id, experiment_of(arguments));
      RETURN_IF_ERROR(work(tracking, id, arguments));
      return Json::object();
    });
  };
  change("experiments/delete",
         [](auto& service, const std::string& id, const Json&) { return service.delete_experiment(id); });
  change("experiments/restore",
         [](auto& service, const std::string& id, const Json&) { return service.restore_experiment(id); });
  change("experiments/update", [](auto& service, const std::string& id, const Json& arguments) -> Status {
    ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "new_name"));
    return service.rename_experiment(id, name);
  });
  change("experiments/set-experiment-tag", [](auto& service, const std::string& id, const Json& arguments) -> Status {
    ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
    ASSIGN_OR_RETURN(const std::string value, optional_string(arguments, "value"));
    return service.set_experiment_tag(id, key, value);
  });
  change("experiments/delete-experiment-tag",
         [](auto& service, const std::string& id, const Json& arguments) -> Status {
           ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
           return service.delete_experiment_tag(id, key);
         });
}

}  // namespace treadle::mlflow
