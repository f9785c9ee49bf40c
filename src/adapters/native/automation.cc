#include "adapters/native/automation.h"

#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using automation::Service;
using net::Method;
using net::Request;

Json to_json(const automation::Trigger& trigger) {
  Json on = Json::object();
  if (trigger.on.event.empty()) {
    on["manual"] = true;
  } else {
    on["event"] = trigger.on.event;
  }
  for (const auto& [field, value] : trigger.on.where) on[field] = value;
  return {{"name", trigger.name},
          {"on", on},
          {"action",
           {{"run_pipeline", trigger.action.pipeline},
            {"experiment", trigger.action.experiment},
            {"parameters", trigger.action.parameters}}},
          {"cooldown_ms", trigger.cooldown_ms},
          {"max_concurrent", trigger.max_concurrent},
          {"created_ms", trigger.created_ms},
          {"updated_ms", trigger.updated_ms}};
}

Json to_json(const automation::Firing& firing) {
  return {{"id", firing.id},
          {"time_ms", firing.time_ms},
          {"reason", firing.reason},
          {"event_sequence", firing.event_sequence ? Json(*firing.event_sequence) : Json(nullptr)},
          {"about", firing.subject},
          {"run_id", firing.run_id.empty() ? Json(nullptr) : Json(firing.run_id)},
          {"parameters", firing.action.parameters},
          {"state", automation::to_string(firing.state)},
          {"outcome", firing.outcome.empty() ? Json(nullptr) : Json(firing.outcome)}};
}

// {"event": type, field: text …} or {"manual": true}.
StatusOr<automation::Condition> read_condition(const Json& on) {
  automation::Condition condition;
  ASSIGN_OR_RETURN(const bool manual, optional_bool(on, "manual", false));
  ASSIGN_OR_RETURN(condition.event, optional_string(on, "event"));
  if (manual == !condition.event.empty()) {
    return invalid_field("on", R"(must be {"event": "alert.raised", …} or {"manual": true})");
  }
  for (const auto& [field, value] : on.items()) {
    if (field == "event" || field == "manual") continue;
    if (!value.is_string()) return invalid_field("on." + field, "must be a text that the event's field has to equal");
    condition.where[field] = value.get<std::string>();
  }
  return condition;
}

StatusOr<Json> put_trigger(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  automation::Trigger trigger;
  ASSIGN_OR_RETURN(trigger.name, required_string(body, "name"));
  ASSIGN_OR_RETURN(const Json* on, optional_object(body, "on"));
  if (on == nullptr) return invalid_field("on", R"(is required: {"event": "alert.raised", …} or {"manual": true})");
  ASSIGN_OR_RETURN(trigger.on, read_condition(*on));
  ASSIGN_OR_RETURN(const Json* action, optional_object(body, "action"));
  if (action == nullptr) return invalid_field("action", R"(is required: {"run_pipeline": "…", "parameters": {…}})");
  ASSIGN_OR_RETURN(trigger.action.pipeline, required_string(*action, "run_pipeline"));
  ASSIGN_OR_RETURN(trigger.action.experiment, optional_string(*action, "experiment"));
  ASSIGN_OR_RETURN(const Json* parameters, optional_object(*action, "parameters"));
  if (parameters != nullptr) trigger.action.parameters = *parameters;
  ASSIGN_OR_RETURN(trigger.cooldown_ms, optional_int(body, "cooldown_ms", 0));
  ASSIGN_OR_RETURN(trigger.max_concurrent, optional_int(body, "max_concurrent", 1));
  ASSIGN_OR_RETURN(const automation::Trigger stored, service.set_trigger(std::move(trigger)));
  return to_json(stored);
}

StatusOr<Json> list_triggers(Service& service, const Request&) {
  ASSIGN_OR_RETURN(const auto triggers, service.triggers());
  Json list = Json::array();
  for (const auto& trigger : triggers) list.push_back(to_json(trigger));
  return Json{{"triggers", list}};
}

StatusOr<Json> show_trigger(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto trigger, service.trigger(request.param("name")));
  return to_json(trigger);
}

StatusOr<Json> remove_trigger(Service& service, const Request& request) {
  RETURN_IF_ERROR(service.remove_trigger(request.param("name")));
  return Json::object();
}

StatusOr<Json> fire(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const Json* parameters, optional_object(body, "parameters"));
  ASSIGN_OR_RETURN(const std::string reason, optional_string(body, "reason"));
  ASSIGN_OR_RETURN(const auto firing,
                   service.fire(request.param("name"), parameters != nullptr ? *parameters : Json::object(), reason));
  return to_json(firing);
}

StatusOr<Json> list_firings(Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t limit, request.query.get_int("limit", 200, 1, 10'000));
  ASSIGN_OR_RETURN(const auto firings, service.firings(request.param("name"), static_cast<std::size_t>(limit)));
  Json list = Json::array();
  for (const auto& firing : firings) list.push_back(to_json(firing));
  return Json{{"firings", list}};
}

}  // namespace

StatusOr<std::map<std::string, std::string>> runs_of_alerts(Service& automation) {
  ASSIGN_OR_RETURN(const auto firings, automation.firings_about("alert/"));
  std::map<std::string, std::string> runs;
  for (const auto& firing : firings) {
    if (!firing.run_id.empty()) runs.emplace(firing.subject, firing.run_id);
  }
  return runs;
}

void add_automation_routes(net::Router& router, Service& automation) {
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern,
               json_handler([&automation, work](Request& request) { return work(automation, request); }));
  };
  route(Method::kGet, "/api/v1/triggers", list_triggers);
  route(Method::kPost, "/api/v1/triggers", put_trigger);
  route(Method::kGet, "/api/v1/triggers/{name}", show_trigger);
  route(Method::kDelete, "/api/v1/triggers/{name}", remove_trigger);
  route(Method::kPost, "/api/v1/triggers/{name}:fire", fire);
  route(Method::kGet, "/api/v1/triggers/{name}/firings", list_firings);
}

}  // namespace treadle::native
