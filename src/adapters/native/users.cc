#include "adapters/native/users.h"

#include "adapters/native/routing.h"
#include "base/time.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

Json user_json(const auth::User& user) {
  return {{"id", user.id}, {"name", user.name}, {"admin", user.admin}, {"created_ms", user.created_ms}};
}

Json grant_json(const auth::Grant& grant) {
  return {
      {"resource_type", grant.type}, {"resource_id", grant.pattern}, {"permission", auth::to_string(grant.permission)}};
}

Json token_json(const auth::Token& token) {
  return {{"id", token.id},
          {"label", token.name},
          {"created_ms", token.created_ms},
          {"expires_ms", token.expires_ms ? Json(*token.expires_ms) : Json(nullptr)}};
}

std::string name_of(const Request& request) { return std::string(request.param("name")); }

StatusOr<Json> show(auth::Service& auth, const Request& request) {
  ASSIGN_OR_RETURN(const auth::Identity who, auth.account(name_of(request)));
  Json answer = user_json(who->user);
  answer["permissions"] = Json::array();
  for (const auth::Grant& grant : who->grants) answer["permissions"].push_back(grant_json(grant));
  return answer;
}

StatusOr<Json> list(auth::Service& auth, const Request&) {
  ASSIGN_OR_RETURN(const auto users, auth.users());
  Json items = Json::array();
  for (const auth::User& user : users) items.push_back(user_json(user));
  return Json{{"users", items}};
}

StatusOr<Json> create(auth::Service& auth, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string name, required_string(body, "name"));
  ASSIGN_OR_RETURN(const std::string password, required_string(body, "password"));
  ASSIGN_OR_RETURN(const bool admin, optional_bool(body, "admin", false));
  ASSIGN_OR_RETURN(const auth::User user, auth.create_user(name, password, admin));
  return user_json(user);
}

StatusOr<Json> update(auth::Service& auth, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  const std::string name = name_of(request);
  ASSIGN_OR_RETURN(const std::string password, optional_string(body, "password"));
  if (!password.empty()) RETURN_IF_ERROR(auth.set_password(name, password));
  if (body.contains("admin")) {
    ASSIGN_OR_RETURN(const bool admin, optional_bool(body, "admin", false));
    RETURN_IF_ERROR(auth.set_admin(name, admin));
  }
  return show(auth, request);
}

StatusOr<Json> remove(auth::Service& auth, const Request& request) {
  RETURN_IF_ERROR(auth.delete_user(name_of(request)));
  return Json::object();
}

// Adds or replaces what the user has on one thing.
StatusOr<Json> put_grant(auth::Service& auth, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  auth::Grant grant;
  ASSIGN_OR_RETURN(grant.type, required_string(body, "resource_type"));
  ASSIGN_OR_RETURN(grant.pattern, required_string(body, "resource_id"));
  ASSIGN_OR_RETURN(const std::string level, required_string(body, "permission"));
  const auto permission = auth::parse_permission(level);
  if (!permission) {
    return invalid_field("permission", "must be READ, USE, EDIT, MANAGE or NO_PERMISSIONS, got \"", level, "\"");
  }
  grant.permission = *permission;
  const Status created = auth.create_grant(name_of(request), grant);
  if (created.code() == StatusCode::kAlreadyExists) {
    RETURN_IF_ERROR(auth.update_grant(name_of(request), grant));
  } else {
    RETURN_IF_ERROR(created);
  }
  return show(auth, request);
}

StatusOr<Json> remove_grant(auth::Service& auth, const Request& request) {
  const std::string type(request.query.get("resource_type").value_or(""));
  const std::string id(request.query.get("resource_id").value_or(""));
  RETURN_IF_ERROR(auth.delete_grant(name_of(request), type, id));
  return show(auth, request);
}

StatusOr<Json> list_tokens(auth::Service& auth, const Request& request) {
  ASSIGN_OR_RETURN(const auto tokens, auth.tokens(name_of(request)));
  Json items = Json::array();
  for (const auth::Token& token : tokens) items.push_back(token_json(token));
  return Json{{"tokens", items}};
}

StatusOr<Json> create_token(auth::Service& auth, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string label, required_string(body, "label"));
  ASSIGN_OR_RETURN(const std::int64_t days, optional_int(body, "days", 0));
  if (days < 0 || days > 3650) return invalid_field("days", "must be from 1 to 3650, or 0 for ever");
  ASSIGN_OR_RETURN(const auto made,
                   auth.create_token(name_of(request), label, days > 0 ? std::optional(days * kDayMs) : std::nullopt));
  Json answer = token_json(made.token);
  answer["token"] = made.secret;
  return answer;
}

StatusOr<Json> remove_token(auth::Service& auth, const Request& request) {
  const auto id = parse_int(request.param("token"));
  if (!id) return invalid_field("token", "must be a token's number, which the list of tokens shows");
  RETURN_IF_ERROR(auth.delete_token(name_of(request), *id));
  return Json::object();
}

}  // namespace

void add_user_routes(net::Router& router, auth::Service& auth) {
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern, json_handler([&auth, work](Request& request) { return work(auth, request); }));
  };
  route(Method::kGet, "/api/v1/users", list);
  route(Method::kPost, "/api/v1/users", create);
  route(Method::kGet, "/api/v1/users/{name}", show);
  route(Method::kPatch, "/api/v1/users/{name}", update);
  route(Method::kDelete, "/api/v1/users/{name}", remove);
  route(Method::kPut, "/api/v1/users/{name}/permissions", put_grant);
  route(Method::kDelete, "/api/v1/users/{name}/permissions", remove_grant);
  route(Method::kGet, "/api/v1/users/{name}/tokens", list_tokens);
  route(Method::kPost, "/api/v1/users/{name}/tokens", create_token);
  route(Method::kDelete, "/api/v1/users/{name}/tokens/{token}", remove_token);
}

}  // namespace treadle::native
