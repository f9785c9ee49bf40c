#include "adapters/access/guard.h"

#include <algorithm>

#include "adapters/access/full_pages.h"
#include "adapters/access/hidden_lineage.h"
#include "base/log.h"
#include "net/caller.h"

namespace treadle::access {
namespace {

Status denied(std::string_view why) { return {StatusCode::kPermissionDenied, str_cat("Permission denied. ", why)}; }

std::string needs_on_it(auth::Permission level) { return str_cat("This needs ", auth::to_string(level), " on it."); }

Json routes_json(const net::Router& router) {
  Json list = Json::array();
  for (const net::Router::Route* route : router.routes()) {
    list.push_back({{"method", net::to_string(route->method)},
                    {"pattern", route->pattern},
                    {"needs", describe(rule_for(*route))}});
  }
  return {{"routes", list}};
}

// The id of the experiment that was made, as MLflow, KFP ("experiment_id") or the native API ("id") say it.
std::string made_experiment(const net::Response& response) {
  const auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr) return {};
  const auto answer = parse_json_object(*text);
  if (!answer.ok()) return {};
  for (const char* field : {"experiment_id", "id"}) {
    const auto it = answer->find(field);
    if (it != answer->end() && it->is_string()) return it->get<std::string>();
  }
  return {};
}

}  // namespace

void Guard::protect(net::Router& router) {
  auto table = std::make_shared<Json>();  // shared: the handler is copied
  router.add(net::Method::kGet, "/api/v1/access/routes",
             [table](net::Request&) { return net::Response::json(*table); });
  *table = routes_json(router);
  write_error_ = router.error_writer();
  router.guard([this](const net::Router::Route& route, net::Handler handler) -> net::Handler {
    const Rule& rule = rule_for(route);
    if (rule.who == Who::kPublic) return handler;
    return
        [this, &rule, handler = std::move(handler)](net::Request& request) { return answer(rule, handler, request); };
  });
}

std::function<std::optional<net::Response>(const net::Request&, const net::Router::Route*)> Guard::admission() const {
  return [this](const net::Request& request, const net::Router::Route* route) -> std::optional<net::Response> {
    if (request.headers.has("Authorization")) return std::nullopt;
    if (route != nullptr && rule_for(*route).who == Who::kPublic) return std::nullopt;
    return refusal(request.path, {StatusCode::kUnauthenticated,
                                  "You are not authenticated. Send a user name and password (HTTP Basic) or a token "
                                  "(Authorization: Bearer)."});
  };
}

net::Response Guard::refusal(std::string_view path, const Status& status) const {
  net::Response response = write_error_(path, status);
  if (status.code() == StatusCode::kUnauthenticated) {
    response.headers.set("WWW-Authenticate", "Basic realm=\"treadle\", charset=\"UTF-8\"");
  }
  if (status.code() == StatusCode::kResourceExhausted) response.headers.set("Retry-After", "60");
  return response;
}

net::Response Guard::answer(const Rule& rule, const net::Handler& handler, net::Request& request) {
  const auto who = auth_.authenticate(request.headers.get("Authorization"), request.remote);
  if (!who.ok()) return refusal(request.path, who.status());
  const auth::Account& account = **who;
  request.user = account.user.name;
  Fields fields(request, rule.raw_body);
  if (rule.then != Then::kNothing) fields.all("name");  // while the handler has not used the body up
  bool fresh = true;
  std::unique_lock making(making_, std::defer_lock);
  if (const Status status = admit(rule, account, fields, fresh, making); !status.ok())
    return refusal(request.path, status);
  Actor actor = net::caller_of(request);
  actor.user = account.user.name;
  actor.verified = true;
  actor.admin = account.user.admin;
  const ActingAs acting(std::move(actor));
  const bool lists = !rule.keeps.empty() && !reads_all(account);
  const std::string owner = str_cat("page of ", account.user.name);
  if (lists) {
    const Status opened = open_page_token(sealer_, owner, request);
    if (!opened.ok()) return refusal(request.path, opened);
  }
  const MayRead may_read = [&](Of of, const std::string& value) { return this->may_read(account, of, value); };
  for (const Keep& keep : rule.keeps) {
    if (lists && !narrow(keep, may_read, request)) return net::Response::json(Json::object());
  }
  // Handlers may use a request up, and further pages of the list may have to be asked for.
  const std::optional<net::Request> again = lists ? std::optional(request) : std::nullopt;
  net::Response response = handler(request);
  if (response.status >= 300) return response;
  if (rule.lineage && !reads_all(account) && !hide_lineage(may_read, response)) {
    return refusal(request.path, denied("This needs READ on the model that predicted."));
  }
  const bool owns = rule.then == Then::kOwnExperiment || rule.then == Then::kOwnModel;
  if (fresh || !owns) {
    const Status status = settle(rule.then, request.user, fields, response);
    if (!status.ok()) {
      log_error("permissions could not be changed", {{"path", request.path}, {"error", status.to_string()}});
      return refusal(request.path, status);
    }
  }
  if (lists && rule.keeps.size() == 1 && !rule.keeps.front().list.empty()) {
    fill_page(rule.keeps.front(), may_read, handler, *again, response);
  } else if (!rule.keeps.empty()) {
    hide(rule, *who, response);
  } else if (!rule.needs.empty()) {
    watch(rule, request, response);
  }
  if (lists) {
    const Status sealed = seal_page_token(sealer_, owner, response);
    if (!sealed.ok()) return refusal(request.path, sealed);
  }
  return response;
}

namespace {

bool may_be_new(Of of) { return of == Of::kNewModel || of == Of::kNewDeployment || of == Of::kExperimentAny; }

}  // namespace

bool Guard::names_something_new(const Rule& rule, Fields& fields) {
  for (const Need& need : rule.needs) {
    if (!may_be_new(need.of)) continue;
    const auto value = fields.one(need.field);
    if (!value.ok() || !*value) continue;
    const auto targets = resources_.find(need.of, **value);
    if (targets.ok() && targets->empty()) return true;
  }
  return false;
}

Status Guard::admit(const Rule& rule, const auth::Account& who, Fields& fields, bool& fresh,
                    std::unique_lock<std::mutex>& making) {
  const bool makes =
      rule.then == Then::kOwnExperiment || rule.then == Then::kOwnModel || rule.then == Then::kRenameModel;
  if (makes || names_something_new(rule, fields)) making.lock();
  if (!who.user.admin) return check(rule, who, fields, fresh);
  fresh = rule.needs.empty();
  return ok_status();
}

Status Guard::check(const Rule& rule, const auth::Account& who, Fields& fields, bool& fresh) {
  if (rule.who == Who::kAdmin) return denied("This needs an administrator.");
  for (const Need& need : rule.needs) RETURN_IF_ERROR(check_need(need, who, fields, fresh));
  return ok_status();
}

Status Guard::check_need(const Need& need, const auth::Account& who, Fields& fields, bool& fresh) {
  if (need.of == Of::kGrant) {
    ASSIGN_OR_RETURN(const auto type, fields.one("resource_type"));
    ASSIGN_OR_RETURN(const auto id, fields.one("resource_id"));
    if (!type) return missing_field("resource_type");
    if (!id) return missing_field("resource_id");
    // On all of a kind only administrators give permissions, whatever they were given themselves.
    if (*id == "*") return denied("This needs an administrator.");
    return check_target(*type == auth::kExperiment ? Of::kExperiment : Of::kModel, *id, who, need.level, fresh);
  }
  if (need.field.empty()) return check_target(need.of, "", who, need.level, fresh);
  const bool optional = need.field.ends_with('?');
  const std::string_view field = optional ? need.field.substr(0, need.field.size() - 1) : need.field;
  std::vector<std::string> values;
  if (field.ends_with("[]")) {
    values = fields.all(field);
    RETURN_IF_ERROR(fields.trouble());
    if (optional) std::erase(values, "");
  } else {
    ASSIGN_OR_RETURN(const auto value, fields.one(field));
    if (value) values.push_back(*value);
    // Empty is as good as missing to those who read it.
    if (value && value->empty() && optional) values.clear();
    if (value && value->empty() && need.fallback.data() != nullptr) values = {std::string(need.fallback)};
  }
  if (values.empty() && need.fallback.data() != nullptr) values.emplace_back(need.fallback);
  if (values.empty() && !optional) return missing_field(split(field, '|').front());
  for (const std::string& value : values) RETURN_IF_ERROR(check_target(need.of, value, who, need.level, fresh));
  return ok_status();
}

Status Guard::check_target(Of of, const std::string& value, const auth::Account& who, auth::Permission level,
                           bool& fresh) {
  if (of == Of::kSelf) return value == who.user.name ? ok_status() : denied("This is for the user and administrators.");
  const auto targets = resources_.find(of, value);
  // Whether it is hidden or not there is not told to those who do not see everything.
  if (targets.status().code() == StatusCode::kNotFound && !reads_all(who)) return denied(needs_on_it(level));
  RETURN_IF_ERROR(targets);
  if (!targets->empty() && may_be_new(of)) fresh = false;
  for (const Target& target : *targets) {
    if (allows(who, target, level)) continue;
    if (target.type.empty()) return denied("This needs permission to read all experiments and models.");
    // Only what was asked for is named: what a run or a deployment belongs to may be hidden.
    if (target.id != value) return denied(needs_on_it(level));
    return denied(str_cat("This needs ", auth::to_string(level), " on ", target.type, " \"", target.id, "\"."));
  }
  return ok_status();
}

bool Guard::reads_all(const auth::Account& who) const {
  return auth_.reads_all(who, auth::kExperiment) && auth_.reads_all(who, auth::kModel);
}

bool Guard::allows(const auth::Account& who, const Target& target, auth::Permission level) const {
  if (who.user.admin) return true;
  if (target.type.empty()) return level == auth::Permission::kRead && reads_all(who);
  return auth_.permission(who, target.type, target.id) >= level;
}

bool Guard::may_read(const auth::Account& who, Of of, const std::string& value) {
  const auto targets = resources_.find(of, value);
  return targets.ok() && std::all_of(targets->begin(), targets->end(), [&](const Target& target) {
           return allows(who, target, auth::Permission::kRead);
         });
}

void Guard::hide(const Rule& rule, const auth::Identity& who, net::Response& response) {
  if (auto* source = std::get_if<std::unique_ptr<net::StreamSource>>(&response.body)) {
    if (who->user.admin) return;
    // A stream outlives what its reader may see, so that is asked for anew.
    *source = visible_events(std::move(*source), rule.keeps.front(),
                             [this, name = who->user.name](Of of, const std::string& value) {
                               const auto now = auth_.account(name);
                               return now.ok() && may_read(**now, of, value);
                             });
    return;
  }
  if (reads_all(*who)) return;
  hide_items(
      rule.keeps, [&](Of of, const std::string& value) { return may_read(*who, of, value); }, response);
}

void Guard::watch(const Rule& rule, const net::Request& request, net::Response& response) {
  auto* source = std::get_if<std::unique_ptr<net::StreamSource>>(&response.body);
  if (source == nullptr) return;
  *source = while_allowed(std::move(*source), [this, &rule, request] {
    const auto now = auth_.account(request.user);
    if (!now.ok()) return false;
    Fields fields(request, rule.raw_body);
    bool fresh = false;
    return (*now)->user.admin || check(rule, **now, fields, fresh).ok();
  });
}

Status Guard::settle(Then then, const std::string& user, Fields& fields, const net::Response& response) {
  if (then == Then::kNothing) return ok_status();
  if (then == Then::kOwnExperiment) {
    const std::string id = made_experiment(response);
    return id.empty() ? ok_status() : auth_.give_to_creator(user, auth::kExperiment, id);
  }
  ASSIGN_OR_RETURN(const auto name, fields.one("name"));
  if (!name) return ok_status();
  if (then == Then::kOwnModel) return auth_.give_to_creator(user, auth::kModel, *name);
  if (then == Then::kForgetModel) return auth_.forget(auth::kModel, *name);
  ASSIGN_OR_RETURN(const auto new_name, fields.one("new_name"));
  return new_name ? auth_.rename(auth::kModel, *name, *new_name) : ok_status();
}

Status Guard::check(std::string_view authorization, std::string_view address, Of of, const std::string& value,
                    auth::Permission level) {
  ASSIGN_OR_RETURN(const auth::Identity who, auth_.authenticate(authorization, address));
  bool fresh = false;
  if (value.empty()) return ok_status();  // it was enough to be somebody
  return who->user.admin ? ok_status() : check_target(of, value, *who, level, fresh);
}

}  // namespace treadle::access
