#include "adapters/native/registry.h"

#include "adapters/native/gates.h"
#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"
#include "domains/registry/rules.h"

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

StatusOr<registry::Tags> read_tags(const Json& body) {
  ASSIGN_OR_RETURN(auto tags, read_pairs(body, "tags"));
  for (const auto& [key, value] : tags) RETURN_IF_ERROR(registry::check_tag(key, value));
  return tags;
}

StatusOr<Json> create_model(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string name, required_string(body, "name"));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(const auto tags, read_tags(body));
  ASSIGN_OR_RETURN(const auto model, registry.create_model(name, description, tags));
  return to_json(model);
}

// {"description": "…", "tags": {…}}, both optional; other tags stay.
StatusOr<Json> update_model(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  const std::string name(request.param("name"));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(const auto tags, read_tags(body));
  if (body.contains("description")) RETURN_IF_ERROR(registry.describe_model(name, description));
  for (const auto& [key, value] : tags) RETURN_IF_ERROR(registry.set_tag(name, 0, key, value));
  ASSIGN_OR_RETURN(const auto model, registry.get_model(name));
  return to_json(model);
}

StatusOr<Json> rename_model(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string new_name, required_string(body, "new_name"));
  ASSIGN_OR_RETURN(const auto model, registry.rename_model(std::string(request.param("name")), new_name));
  return to_json(model);
}

// Answers with the model as it was.
StatusOr<Json> delete_model(registry::Service& registry, const Request& request) {
  const std::string name(request.param("name"));
  ASSIGN_OR_RETURN(const auto model, registry.get_model(name));
  RETURN_IF_ERROR(registry.delete_model(name));
  return to_json(model);
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
  ASSIGN_OR_RETURN(version.tags, read_tags(body));
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

// As update_model.
StatusOr<Json> update_version(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::int64_t number, version_of(request));
  const std::string name(request.param("name"));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(const auto tags, read_tags(body));
  if (body.contains("description")) RETURN_IF_ERROR(registry.describe_version(name, number, description));
  for (const auto& [key, value] : tags) RETURN_IF_ERROR(registry.set_tag(name, number, key, value));
  ASSIGN_OR_RETURN(const auto version, registry.get_version(name, number));
  return to_json(version);
}

// Answers with the version as it was.
StatusOr<Json> delete_version(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t number, version_of(request));
  const std::string name(request.param("name"));
  ASSIGN_OR_RETURN(const auto version, registry.get_version(name, number));
  RETURN_IF_ERROR(registry.delete_version(name, number));
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
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern, json_handler([&registry, work](Request& request) { return work(registry, request); }));
  };
  route(Method::kGet, "/api/v1/models", list_models);
  route(Method::kPost, "/api/v1/models", create_model);
  route(Method::kGet, "/api/v1/models/{name}", show_model);
  route(Method::kPatch, "/api/v1/models/{name}", update_model);
  route(Method::kDelete, "/api/v1/models/{name}", delete_model);
  route(Method::kPost, "/api/v1/models/{name}:rename", rename_model);
  router.add(Method::kPost, "/api/v1/models/{name}/versions",
             json_handler([&](Request& request) { return create_version(registry, tracking, request); }));
  route(Method::kGet, "/api/v1/models/{name}/versions/{version}", show_version);
  route(Method::kPatch, "/api/v1/models/{name}/versions/{version}", update_version);
  route(Method::kDelete, "/api/v1/models/{name}/versions/{version}", delete_version);
  route(Method::kPut, "/api/v1/models/{name}/versions/{version}/stage", set_stage);
  route(Method::kPut, "/api/v1/models/{name}/aliases/{alias}", set_alias);
  route(Method::kDelete, "/api/v1/models/{name}/aliases/{alias}", delete_alias);
  add_gate_routes(router, registry);
}

}  // namespace treadle::native
