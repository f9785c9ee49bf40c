#include "adapters/native/registry.h"

#include "adapters/native/gates.h"
#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

StatusOr<Json> list_models(registry::Service& registry, const Request& request) {
  registry::Query query;
  ASSIGN_OR_RETURN(query.limit, request.query.get_int("limit", 1000, 1, 1000));
  ASSIGN_OR_RETURN(query.offset, page_offset(request.query));
  query.filter = std::string(request.query.get("filter").value_or(""));
  for (const std::string_view order : request.query.all("order_by")) query.order_by.emplace_back(order);
  ASSIGN_OR_RETURN(const auto page, registry.search_models(query));
  Json list = Json::array();
  for (const auto& model : page.items) list.push_back(to_json(model));
  Json answer = {{"models", list}};
  if (page.more) answer["next_page_token"] = str_cat(query.offset + query.limit);
  return answer;
}

StatusOr<Json> show_model(registry::Service& registry, const Request& request) {
  const std::string name(request.param("name"));
  ASSIGN_OR_RETURN(const auto model, registry.get_model(name));
  ASSIGN_OR_RETURN(const auto versions, registry.versions_of(name));
  Json answer = to_json(model);
  answer["versions"] = Json::array();
  for (const auto& version : versions) answer["versions"].push_back(to_json(version));
  return answer;
}

// "model" under a run means that run's artifact.
StatusOr<std::string> full_source(tracking::Service& tracking, const std::string& source, const std::string& run_id) {
  if (source.find(":/") != std::string::npos) return source;
  if (run_id.empty()) return invalid_field("source", "must be a URI, or an artifact path together with run_id");
  RETURN_IF_ERROR(blob::check_key(source));
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(run_id));
  return str_cat(tracking::Service::artifact_uri(run), "/", source);
}

StatusOr<Json> create_version(registry::Service& registry, tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  registry::NewVersion version;
  version.model = std::string(request.param("name"));
  ASSIGN_OR_RETURN(version.run_id, optional_string(body, "run_id"));
  ASSIGN_OR_RETURN(const std::string source, required_string(body, "source"));
  ASSIGN_OR_RETURN(version.source, full_source(tracking, source, version.run_id));
  ASSIGN_OR_RETURN(version.description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(version.tags, read_pairs(body, "tags"));
  // Metrics that speak of the version (its test error) are kept with it.
  ASSIGN_OR_RETURN(const auto metrics, read_pairs(body, "metrics"));
  version.tags.insert(version.tags.end(), metrics.begin(), metrics.end());
  if (registry.get_model(version.model).status().code() == StatusCode::kNotFound) {
    const auto made = registry.create_model(version.model);
    if (!made.ok() && made.status().code() != StatusCode::kAlreadyExists) return made.status();
  }
  ASSIGN_OR_RETURN(const auto created, registry.create_version(version));
  return to_json(created);
}

StatusOr<std::int64_t> version_of(const Request& request) {
  const auto version = parse_int(request.param("version"));
  if (!version || *version < 1) {
    return invalid_field("version", "must be a version's number, got \"", request.param("version"), "\"");
  }
  return *version;
}

StatusOr<Json> show_version(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t number, version_of(request));
  ASSIGN_OR_RETURN(const auto version, registry.get_version(std::string(request.param("name")), number));
  return to_json(version);
}

StatusOr<Json> set_stage(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::int64_t number, version_of(request));
  ASSIGN_OR_RETURN(const std::string stage, required_string(body, "stage"));
  ASSIGN_OR_RETURN(const bool archive_others, optional_bool(body, "archive_others", false));
  ASSIGN_OR_RETURN(const std::string reason, optional_string(body, "reason"));
  ASSIGN_OR_RETURN(const auto version,
                   registry.set_stage(std::string(request.param("name")), number, stage, archive_others, reason));
  return to_json(version);
}

StatusOr<Json> set_alias(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::int64_t version, required_int(body, "version"));
  ASSIGN_OR_RETURN(const std::string reason, optional_string(body, "reason"));
  const std::string name(request.param("name"));
  RETURN_IF_ERROR(registry.set_alias(name, std::string(request.param("alias")), version, reason));
  ASSIGN_OR_RETURN(const auto model, registry.get_model(name));
  return to_json(model);
}

StatusOr<Json> delete_alias(registry::Service& registry, const Request& request) {
  const std::string name(request.param("name")), reason(request.query.get("reason").value_or(""));
  RETURN_IF_ERROR(registry.delete_alias(name, std::string(request.param("alias")), reason));
  ASSIGN_OR_RETURN(const auto model, registry.get_model(name));
  return to_json(model);
}

}  // namespace

void add_registry_routes(net::Router& router, registry::Service& registry, tracking::Service& tracking) {
  router.add(Method::kGet, "/api/v1/models",
             json_handler([&](Request& request) { return list_models(registry, request); }));
  router.add(Method::kGet, "/api/v1/models/{name}",
             json_handler([&](Request& request) { return show_model(registry, request); }));
  router.add(Method::kPost, "/api/v1/models/{name}/versions",
             json_handler([&](Request& request) { return create_version(registry, tracking, request); }));
  router.add(Method::kGet, "/api/v1/models/{name}/versions/{version}",
             json_handler([&](Request& request) { return show_version(registry, request); }));
  router.add(Method::kPut, "/api/v1/models/{name}/versions/{version}/stage",
             json_handler([&](Request& request) { return set_stage(registry, request); }));
  router.add(Method::kPut, "/api/v1/models/{name}/aliases/{alias}",
             json_handler([&](Request& request) { return set_alias(registry, request); }));
  router.add(Method::kDelete, "/api/v1/models/{name}/aliases/{alias}",
             json_handler([&](Request& request) { return delete_alias(registry, request); }));
  add_gate_routes(router, registry);
}

}  // namespace treadle::native
