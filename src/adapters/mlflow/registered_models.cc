#include <algorithm>

#include "adapters/mlflow/groups.h"
#include "adapters/mlflow/model_forms.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using net::Method;

StatusOr<Json> search(registry::Service& registry, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto query, registry_query(arguments, 100, 1000));
  ASSIGN_OR_RETURN(const auto page, registry.search_models(query));
  Json answer = Json::object();
  for (const auto& model : page.items) answer["registered_models"].push_back(model_form(model));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

StatusOr<Json> latest_versions(registry::Service& registry, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "name"));
  ASSIGN_OR_RETURN(const auto stages, read_strings(arguments, "stages"));
  for (const std::string& stage : stages) RETURN_IF_ERROR(registry::canonical_stage(stage));
  ASSIGN_OR_RETURN(const auto model, registry.get_model(name));
  Json answer = Json::object();
  for (const auto& version : model.latest) {
    const bool wanted = stages.empty() || std::any_of(stages.begin(), stages.end(), [&](const std::string& stage) {
                          return equals_ignore_case(stage, version.stage);
                        });
    if (wanted) answer["model_versions"].push_back(version_form(version));
  }
  return answer;
}

StatusOr<Json> by_alias(registry::Service& registry, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "name"));
  ASSIGN_OR_RETURN(const std::string alias, required_string(arguments, "alias"));
  ASSIGN_OR_RETURN(const auto version, registry.get_version_by_alias(name, alias));
  return Json{{"model_version", version_form(version)}};
}

}  // namespace

void add_registered_model_routes(Routes& routes, registry::Service& registry) {
  // `work(name, arguments) -> StatusOr<Json>` for the routes that begin with a model's name.
  const auto named = [&](Method method, std::string_view path, auto work) {
    routes.add(method, path, [&registry, work](const Json& arguments) -> StatusOr<Json> {
      ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "name"));
      return work(registry, name, arguments);
    });
  };
  const auto wrapped = [](const StatusOr<registry::Model>& model) -> StatusOr<Json> {
    RETURN_IF_ERROR(model);
    return Json{{"registered_model", model_form(*model)}};
  };
  using Registry = registry::Service;
  named(Method::kPost, "registered-models/create",
        [wrapped](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string description, optional_string(arguments, "description"));
          ASSIGN_OR_RETURN(const auto tags, read_tags(arguments, "tags"));
          return wrapped(service.create_model(name, description, tags));
        });
  named(Method::kGet, "registered-models/get", [wrapped](Registry& service, const std::string& name, const Json&) {
    return wrapped(service.get_model(name));
  });
  named(Method::kPost, "registered-models/rename",
        [wrapped](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string new_name, required_string(arguments, "new_name"));
          return wrapped(service.rename_model(name, new_name));
        });
  named(Method::kPatch, "registered-models/update",
        [wrapped](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string description, optional_string(arguments, "description"));
          return wrapped(service.describe_model(name, description));
        });
  named(Method::kDelete, "registered-models/delete",
        [](Registry& service, const std::string& name, const Json&) -> StatusOr<Json> {
          RETURN_IF_ERROR(service.delete_model(name));
          return Json::object();
        });
  named(Method::kPost, "registered-models/set-tag",
        [](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
          ASSIGN_OR_RETURN(const std::string value, optional_string(arguments, "value"));
          RETURN_IF_ERROR(service.set_tag(name, 0, key, value));
          return Json::object();
        });
  named(Method::kDelete, "registered-models/delete-tag",
        [](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
          RETURN_IF_ERROR(service.delete_tag(name, 0, key));
          return Json::object();
        });
  named(Method::kPost, "registered-models/alias",
        [](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string alias, required_string(arguments, "alias"));
          ASSIGN_OR_RETURN(const std::int64_t version, version_number(arguments));
          RETURN_IF_ERROR(service.set_alias(name, alias, version));
          return Json::object();
        });
  named(Method::kDelete, "registered-models/alias",
        [](Registry& service, const std::string& name, const Json& arguments) -> StatusOr<Json> {
          ASSIGN_OR_RETURN(const std::string alias, required_string(arguments, "alias"));
          RETURN_IF_ERROR(service.delete_alias(name, alias));
          return Json::object();
        });
  routes.add(Method::kGet, "registered-models/alias",
             [&](const Json& arguments) { return by_alias(registry, arguments); });
  routes.add(Method::kGet, "registered-models/search",
             [&](const Json& arguments) { return search(registry, arguments); });
  for (const Method method : {Method::kGet, Method::kPost}) {
    routes.add(method, "registered-models/get-latest-versions",
               [&](const Json& arguments) { return latest_versions(registry, arguments); });
  }
}

}  // namespace treadle::mlflow
