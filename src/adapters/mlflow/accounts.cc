#include "adapters/mlflow/accounts.h"

#include "adapters/mlflow/protocol.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using net::Request;

Json user_form(const auth::User& user) { return {{"id", user.id}, {"username", user.name}, {"is_admin", user.admin}}; }

StatusOr<Json> create(auth::Service& auth, const Request&, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_parameter(arguments, "username"));
  ASSIGN_OR_RETURN(const std::string password, required_parameter(arguments, "password"));
  ASSIGN_OR_RETURN(const auth::User user, auth.create_user(name, password));
  return Json{{"user", user_form(user)}};
}

StatusOr<Json> get(auth::Service& auth, const Request&, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_parameter(arguments, "username"));
  ASSIGN_OR_RETURN(const auth::Identity who, auth.account(name));
  return Json{{"user", user_form(who->user)}};
}

StatusOr<Json> list(auth::Service& auth, const Request&, const Json&) {
  ASSIGN_OR_RETURN(const auto users, auth.users());
  Json forms = Json::array();
  for (const auth::User& user : users) {
    Json form = user_form(user);
    form["roles"] = Json::array();
    forms.push_back(std::move(form));
  }
  return Json{{"users", forms}};
}

StatusOr<Json> current(auth::Service& auth, const Request& request, const Json&) {
  ASSIGN_OR_RETURN(const auth::Identity who, auth.account(request.user));
  return Json{{"user", user_form(who->user)}, {"is_basic_auth", true}};
}

// Somebody who found a browser open must not be able to keep the account.
Status confirm_own_password(auth::Service& auth, const Request& request, const Json& arguments,
                            const std::string& wanted) {
  ASSIGN_OR_RETURN(const std::string given, optional_string(arguments, "current_password"));
  if (given.empty()) return invalid("Current password is required when changing your own password.");
  ASSIGN_OR_RETURN(const bool right, auth.is_password(request.user, given, request.remote));
  if (!right) return invalid("Current password does not match.");
  if (wanted == given) return invalid("New password must differ from the current password.");
  return ok_status();
}

StatusOr<Json> update_password(auth::Service& auth, const Request& request, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_parameter(arguments, "username"));
  ASSIGN_OR_RETURN(const std::string password, required_parameter(arguments, "password"));
  if (name == request.user) RETURN_IF_ERROR(confirm_own_password(auth, request, arguments, password));
  RETURN_IF_ERROR(auth.set_password(name, password));
  return Json::object();
}

StatusOr<Json> update_admin(auth::Service& auth, const Request&, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_parameter(arguments, "username"));
  if (!arguments.contains("is_admin")) return required_parameter(arguments, "is_admin").status();
  ASSIGN_OR_RETURN(const bool admin, optional_bool(arguments, "is_admin", false));
  RETURN_IF_ERROR(auth.set_admin(name, admin));
  return Json::object();
}

StatusOr<Json> remove(auth::Service& auth, const Request& request, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_parameter(arguments, "username"));
  if (name == request.user)
    return invalid("Users cannot delete their own account. Ask another admin to delete this user instead.");
  RETURN_IF_ERROR(auth.delete_user(name));
  return Json::object();
}

}  // namespace

void add_as(net::Router& router, Method method, std::string_view version, std::string_view path, const CallAs& call) {
  for (const char* prefix : {"/api/", "/ajax-api/"}) {
    router.add(method, str_cat(prefix, version, "/mlflow/", path), [call](Request& request) {
      const auto given = arguments(request);
      if (!given.ok()) return error_response(given.status());
      const auto answer = call(request, *given);
      return answer.ok() ? net::Response::json(*answer) : error_response(answer.status());
    });
  }
}

StatusOr<std::string> required_parameter(const Json& arguments, std::string_view name) {
  const auto it = arguments.find(name);
  if (it == arguments.end() || it->is_null()) {
    return Status(StatusCode::kInvalidArgument,
                  str_cat("Missing value for required parameter '", name,
                          "'. See the API docs for more information about request parameters."),
                  std::string(name));
  }
  return required_string(arguments, name);
}

StatusOr<auth::Permission> permission_of(const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string text, required_parameter(arguments, "permission"));
  const auto permission = auth::parse_permission(text);
  if (permission) return *permission;
  return Status(StatusCode::kInvalidArgument,
                str_cat("Invalid permission '", text,
                        "'. Valid permissions are: ('READ', 'USE', 'EDIT', 'MANAGE', 'NO_PERMISSIONS', 'DENY')"),
                "permission");
}

void add_account_routes(net::Router& router, auth::Service& auth) {
  const auto route = [&](Method method, std::string_view path, auto work) {
    add_as(router, method, "2.0", path,
           [&auth, work](const Request& request, const Json& arguments) { return work(auth, request, arguments); });
  };
  route(Method::kPost, "users/create", create);
  route(Method::kGet, "users/get", get);
  route(Method::kGet, "users/list", list);
  route(Method::kGet, "users/current", current);
  route(Method::kPatch, "users/update-password", update_password);
  route(Method::kPatch, "users/update-admin", update_admin);
  route(Method::kDelete, "users/delete", remove);
  add_permission_routes(router, auth);
}

}  // namespace treadle::mlflow
