// Permissions as two generations of MLflow's client ask for them: one group of routes per kind of thing (2.x), and one
// for all kinds (3.x). Both see the same grants.
#include "adapters/mlflow/accounts.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using net::Request;

// One kind of the old routes: its path, the field of the id, the name of the answer.
struct Group {
  std::string_view path, type, id, answer;
};
constexpr Group kGroups[] = {{"experiments/permissions/", auth::kExperiment, "experiment_id", "experiment_permission"},
                             {"registered-models/permissions/", auth::kModel, "name", "registered_model_permission"}};

StatusOr<Json> one_form(auth::Service& auth, const Group& group, const std::string& user, const std::string& id,
                        auth::Permission permission) {
  ASSIGN_OR_RETURN(const auth::Identity who, auth.account(user));
  Json form = {{group.id, id}, {"user_id", who->user.id}, {"permission", auth::to_string(permission)}};
  if (group.type == auth::kModel) form["workspace"] = "default";
  return Json{{group.answer, form}};
}

void add_group(net::Router& router, auth::Service& auth, const Group& group) {
  const std::string type(group.type);
  // `work(user, id, arguments) -> StatusOr<Json>`.
  const auto route = [&](Method method, std::string_view path, auto work) {
    add_as(router, method, "2.0", str_cat(group.path, path),
           [work, &group](const Request&, const Json& arguments) -> StatusOr<Json> {
             ASSIGN_OR_RETURN(const std::string id, required_parameter(arguments, group.id));
             ASSIGN_OR_RETURN(const std::string user, required_parameter(arguments, "username"));
             return work(user, id, arguments);
           });
  };
  using Text = const std::string&;
  route(Method::kPost, "create", [&auth, &group, type](Text user, Text id, const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auth::Permission permission, permission_of(arguments));
    RETURN_IF_ERROR(auth.create_grant(user, {type, id, permission}));
    return one_form(auth, group, user, id, permission);
  });
  route(Method::kGet, "get", [&auth, &group, type](Text user, Text id, const Json&) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auth::Grant grant, auth.grant(user, type, id));
    return one_form(auth, group, user, id, grant.permission);
  });
  route(Method::kPatch, "update", [&auth, type](Text user, Text id, const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auth::Permission permission, permission_of(arguments));
    RETURN_IF_ERROR(auth.update_grant(user, {type, id, permission}));
    return Json::object();
  });
  route(Method::kDelete, "delete", [&auth, type](Text user, Text id, const Json&) -> StatusOr<Json> {
    RETURN_IF_ERROR(auth.delete_grant(user, type, id));
    return Json::object();
  });
}

struct Asked {
  std::string user, type, id;
};

StatusOr<Asked> read_asked(const Json& arguments) {
  Asked asked;
  ASSIGN_OR_RETURN(asked.user, required_parameter(arguments, "username"));
  ASSIGN_OR_RETURN(asked.type, required_parameter(arguments, "resource_type"));
  ASSIGN_OR_RETURN(asked.id, required_parameter(arguments, "resource_id"));
  if (!auth::is_resource_type(asked.type)) {
    return Status(StatusCode::kInvalidArgument, str_cat("Invalid resource type '", asked.type, "'."), "resource_type");
  }
  return asked;
}

// What the user was given; MLflow hangs these on a role that each user has alone.
StatusOr<Json> grants_of(auth::Service& auth, const std::string& user) {
  ASSIGN_OR_RETURN(const auth::Identity who, auth.account(user));
  Json list = Json::array();
  for (const auth::Grant& grant : who->grants) {
    list.push_back({{"role_id", who->user.id},
                    {"role_name", str_cat("__user_", who->user.id, "__")},
                    {"workspace", "default"},
                    {"resource_type", grant.type},
                    {"resource_pattern", grant.pattern},
                    {"permission", auth::to_string(grant.permission)}});
  }
  return Json{{"is_admin", who->user.admin}, {"permissions", list}};
}

}  // namespace

void add_permission_routes(net::Router& router, auth::Service& auth) {
  for (const Group& group : kGroups) add_group(router, auth, group);
  add_as(router, Method::kPost, "3.0", "users/permissions/grant",
         [&auth](const Request&, const Json& arguments) -> StatusOr<Json> {
           ASSIGN_OR_RETURN(const Asked asked, read_asked(arguments));
           ASSIGN_OR_RETURN(const auth::Permission permission, permission_of(arguments));
           RETURN_IF_ERROR(auth.create_grant(asked.user, {asked.type, asked.id, permission}));
           return Json::object();
         });
  add_as(router, Method::kPost, "3.0", "users/permissions/revoke",
         [&auth](const Request&, const Json& arguments) -> StatusOr<Json> {
           ASSIGN_OR_RETURN(const Asked asked, read_asked(arguments));
           const Status revoked = auth.delete_grant(asked.user, asked.type, asked.id);
           if (revoked.code() != StatusCode::kNotFound) {
             RETURN_IF_ERROR(revoked);
             return Json::object();
           }
           RETURN_IF_ERROR(auth.account(asked.user));
           return not_found("Permission for user=", asked.user, " on resource_type=", asked.type,
                            ", resource_id=", asked.id, " not found.");
         });
  add_as(router, Method::kGet, "3.0", "users/permissions/get",
         [&auth](const Request&, const Json& arguments) -> StatusOr<Json> {
           ASSIGN_OR_RETURN(const Asked asked, read_asked(arguments));
           ASSIGN_OR_RETURN(const auth::Identity who, auth.account(asked.user));
           const auth::Permission permission = auth.permission(*who, asked.type, asked.id);
           return Json{{"allowed", permission >= auth::Permission::kUse}, {"permission", auth::to_string(permission)}};
         });
  add_as(router, Method::kGet, "3.0", "users/permissions/list",
         [&auth](const Request&, const Json& arguments) -> StatusOr<Json> {
           ASSIGN_OR_RETURN(const std::string user, required_parameter(arguments, "username"));
           return grants_of(auth, user);
         });
  add_as(router, Method::kGet, "3.0", "users/current/permissions",
         [&auth](const Request& request, const Json&) { return grants_of(auth, request.user); });
}

}  // namespace treadle::mlflow
