#include "adapters/mlflow/groups.h"
#include "adapters/mlflow/model_forms.h"
#include "adapters/mlflow/version_source.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using net::Method;

StatusOr<Json> create(registry::Service& registry, tracking::Service& tracking, const Json& arguments) {
  registry::NewVersion version;
  ASSIGN_OR_RETURN(version.model, required_string(arguments, "name"));
  ASSIGN_OR_RETURN(version.source, required_string(arguments, "source"));
  ASSIGN_OR_RETURN(version.run_id, optional_string(arguments, "run_id"));
  ASSIGN_OR_RETURN(version.description, optional_string(arguments, "description"));
  ASSIGN_OR_RETURN(version.run_link, optional_string(arguments, "run_link"));
  ASSIGN_OR_RETURN(version.model_id, optional_string(arguments, "model_id"));
  ASSIGN_OR_RETURN(version.tags, read_tags(arguments, "tags"));
  RETURN_IF_ERROR(check_source(version, tracking));
  ASSIGN_OR_RETURN(const auto created, registry.create_version(version));
  return Json{{"model_version", version_form(created)}};
}

StatusOr<Json> search(registry::Service& registry, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto query, registry_query(arguments, 10'000, 200'000));
  ASSIGN_OR_RETURN(const auto page, registry.search_versions(query));
  Json answer = Json::object();
  for (const auto& version : page.items) answer["model_versions"].push_back(version_form(version));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

}  // namespace

void add_model_version_routes(Routes& routes, registry::Service& registry, tracking::Service& tracking) {
  // `work(service, name, version, arguments) -> StatusOr<Json>`.
  const auto numbered = [&](Method method, std::string_view path, auto work) {
    routes.add(method, path, [&registry, work](const Json& arguments) -> StatusOr<Json> {
      ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "name"));
      ASSIGN_OR_RETURN(const std::int64_t version, version_number(arguments));
      return work(registry, name, version, arguments);
    });
  };
  const auto wrapped = [](const StatusOr<registry::Version>& version) -> StatusOr<Json> {
    RETURN_IF_ERROR(version);
    return Json{{"model_version", version_form(*version)}};
  };
  using Registry = registry::Service;
  routes.add(Method::kPost, "model-versions/create",
             [&](const Json& arguments) { return create(registry, tracking, arguments); });
  routes.add(Method::kGet, "model-versions/search", [&](const Json& arguments) { return search(registry, arguments); });
  numbered(Method::kGet, "model-versions/get",
           [wrapped](Registry& service, const std::string& name, std::int64_t version, const Json&) {
             return wrapped(service.get_version(name, version));
           });
  numbered(Method::kGet, "model-versions/get-download-uri",
           [](Registry& service, const std::string& name, std::int64_t version, const Json&) -> StatusOr<Json> {
             ASSIGN_OR_RETURN(const auto found, service.get_version(name, version));
             return Json{{"artifact_uri", found.place()}};
           });
  numbered(Method::kPatch, "model-versions/update",
           [wrapped](Registry& service, const std::string& name, std::int64_t version,
                     const Json& arguments) -> StatusOr<Json> {
             ASSIGN_OR_RETURN(const std::string description, optional_string(arguments, "description"));
             return wrapped(service.describe_version(name, version, description));
           });
  numbered(Method::kPost, "model-versions/transition-stage",
           [wrapped](Registry& service, const std::string& name, std::int64_t version,
                     const Json& arguments) -> StatusOr<Json> {
             ASSIGN_OR_RETURN(const std::string stage, required_string(arguments, "stage"));
             ASSIGN_OR_RETURN(const bool archive, optional_bool(arguments, "archive_existing_versions", false));
             return wrapped(service.set_stage(name, version, stage, archive));
           });
  numbered(Method::kDelete, "model-versions/delete",
           [](Registry& service, const std::string& name, std::int64_t version, const Json&) -> StatusOr<Json> {
             RETURN_IF_ERROR(service.delete_version(name, version));
             return Json::object();
           });
  numbered(
      Method::kPost, "model-versions/set-tag",
      [](Registry& service, const std::string& name, std::int64_t version, const Json& arguments) -> StatusOr<Json> {
        ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
        ASSIGN_OR_RETURN(const std::string value, optional_string(arguments, "value"));
        RETURN_IF_ERROR(service.set_tag(name, version, key, value));
        return Json::object();
      });
  numbered(
      Method::kDelete, "model-versions/delete-tag",
      [](Registry& service, const std::string& name, std::int64_t version, const Json& arguments) -> StatusOr<Json> {
        ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
        RETURN_IF_ERROR(service.delete_tag(name, version, key));
        return Json::object();
      });
}

}  // namespace treadle::mlflow
