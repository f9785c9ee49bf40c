#include "adapters/mlflow/webhooks.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "adapters/mlflow/protocol.h"
#include "adapters/mlflow/request_schema.h"

namespace treadle::mlflow {
namespace {

using net::Method;

// The names of MLflow's enums by their numbers, which old clients send.
constexpr std::array<std::string_view, 11> kEntities = {
    "ENTITY_UNSPECIFIED",  "REGISTERED_MODEL", "MODEL_VERSION",  "MODEL_VERSION_TAG",
    "MODEL_VERSION_ALIAS", "PROMPT",           "PROMPT_VERSION", "PROMPT_TAG",
    "PROMPT_VERSION_TAG",  "PROMPT_ALIAS",     "BUDGET_POLICY"};
constexpr std::array<std::string_view, 6> kActions = {
    "ACTION_UNSPECIFIED", "CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED"};

std::string to_upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

Json event_form(const std::string& event) {
  const std::size_t dot = event.find('.');
  return {{"entity", to_upper(event.substr(0, dot))}, {"action", to_upper(event.substr(dot + 1))}};
}

Json form(const webhooks::Webhook& webhook) {
  Json events = Json::array();
  for (const std::string& event : webhook.events) events.push_back(event_form(event));
  Json json = {{"webhook_id", webhook.id},
               {"name", webhook.name},
               {"url", webhook.url},
               {"events", events},
               {"status", webhook.active ? "ACTIVE" : "DISABLED"},
               {"creation_timestamp", webhook.created_ms},
               {"last_updated_timestamp", webhook.updated_ms}};
  if (!webhook.description.empty()) json["description"] = webhook.description;
  return json;
}

template <std::size_t N>
StatusOr<std::string> enum_name(const Json& event, const char* field, const std::array<std::string_view, N>& names) {
  const auto it = event.find(field);
  if (it == event.end() || it->is_null()) return missing_parameter(str_cat("events.", field));
  if (it->is_number_integer()) {
    const auto number = it->get<std::int64_t>();
    if (number > 0 && number < static_cast<std::int64_t>(N)) return to_lower(names[static_cast<std::size_t>(number)]);
  }
  if (it->is_string()) {
    const auto& text = it->get_ref<const std::string&>();
    if (std::find(names.begin() + 1, names.end(), text) != names.end()) return to_lower(text);
  }
  return wrong_parameter(str_cat("events.", field), *it, str_cat("it is not one of MLflow's"));
}

StatusOr<std::string> read_event(const Json& event) {
  if (!event.is_object()) return wrong_parameter("events", event, "it must be an object with entity and action");
  ASSIGN_OR_RETURN(const std::string entity, enum_name(event, "entity", kEntities));
  ASSIGN_OR_RETURN(const std::string action, enum_name(event, "action", kActions));
  return str_cat(entity, ".", action);
}

// nullopt when they are not there, or empty.
StatusOr<std::optional<std::vector<std::string>>> read_events(const Json& arguments) {
  const auto it = arguments.find("events");
  if (it == arguments.end() || it->is_null()) return std::optional<std::vector<std::string>>();
  if (!it->is_array()) return wrong_parameter("events", *it, "it must be an array");
  std::vector<std::string> events;
  for (const Json& each : *it) {
    ASSIGN_OR_RETURN(std::string event, read_event(each));
    events.push_back(std::move(event));
  }
  return events.empty() ? std::optional<std::vector<std::string>>() : std::optional(std::move(events));
}

StatusOr<std::optional<bool>> read_active(const Json& arguments) {
  const auto it = arguments.find("status");
  if (it == arguments.end() || it->is_null()) return std::optional<bool>();
  if (*it == "ACTIVE" || *it == 1) return std::optional(true);
  if (*it == "DISABLED" || *it == 2) return std::optional(false);
  return wrong_parameter("status", *it, "it must be ACTIVE or DISABLED");
}

StatusOr<std::optional<std::string>> read_text(const Json& arguments, std::string_view field) {
  const auto it = arguments.find(field);
  if (it == arguments.end() || it->is_null()) return std::optional<std::string>();
  if (!it->is_string()) return wrong_parameter(field, *it, "it must be a string");
  return std::optional(it->get<std::string>());
}

StatusOr<std::string> needed_text(const Json& arguments, std::string_view field) {
  ASSIGN_OR_RETURN(auto text, read_text(arguments, field));
  if (!text || text->empty()) return missing_parameter(field);
  return std::move(*text);
}

StatusOr<Json> create(webhooks::Service& service, const Json& arguments) {
  webhooks::Webhook webhook;
  ASSIGN_OR_RETURN(webhook.name, needed_text(arguments, "name"));
  ASSIGN_OR_RETURN(webhook.url, needed_text(arguments, "url"));
  ASSIGN_OR_RETURN(auto events, read_events(arguments));
  if (!events) return missing_parameter("events");
  webhook.events = std::move(*events);
  ASSIGN_OR_RETURN(const auto description, read_text(arguments, "description"));
  ASSIGN_OR_RETURN(const auto secret, read_text(arguments, "secret"));
  ASSIGN_OR_RETURN(const auto active, read_active(arguments));
  webhook.description = description.value_or("");
  webhook.secret = secret.value_or("");
  webhook.active = active.value_or(true);
  ASSIGN_OR_RETURN(const auto created, service.create(std::move(webhook)));
  return Json{{"webhook", form(created)}};
}

StatusOr<Json> list(webhooks::Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(std::int64_t limit, optional_int(arguments, "max_results", 100));
  if (limit == 0) limit = 100;
  if (limit < 1 || limit > 1000) return invalid("max_results must be between 1 and 1000.");
  ASSIGN_OR_RETURN(const std::int64_t offset, page_offset(arguments));
  ASSIGN_OR_RETURN(const auto page, service.list(limit, offset));
  Json answer = {{"webhooks", Json::array()}};
  for (const auto& webhook : page.items) answer["webhooks"].push_back(form(webhook));
  if (page.more) answer["next_page_token"] = page_token(arguments, offset + limit);
  return answer;
}

StatusOr<Json> update(webhooks::Service& service, const std::string& id, const Json& arguments) {
  webhooks::Change change;
  ASSIGN_OR_RETURN(change.name, read_text(arguments, "name"));
  ASSIGN_OR_RETURN(change.url, read_text(arguments, "url"));
  ASSIGN_OR_RETURN(change.description, read_text(arguments, "description"));
  ASSIGN_OR_RETURN(change.secret, read_text(arguments, "secret"));
  ASSIGN_OR_RETURN(change.events, read_events(arguments));
  ASSIGN_OR_RETURN(change.active, read_active(arguments));
  // MLflow takes an empty name or URL for none.
  if (change.name && change.name->empty()) change.name.reset();
  if (change.url && change.url->empty()) change.url.reset();
  ASSIGN_OR_RETURN(const auto updated, service.update(id, change));
  return Json{{"webhook", form(updated)}};
}

StatusOr<Json> test(webhooks::Service& service, const std::string& id, const Json& arguments) {
  ASSIGN_OR_RETURN(const Json* wanted, optional_object(arguments, "event"));
  std::string event;
  if (wanted != nullptr) {
    ASSIGN_OR_RETURN(event, read_event(*wanted));
  }
  ASSIGN_OR_RETURN(const auto answer, service.test(id, event));
  if (answer.status == 0) return Json{{"result", {{"success", false}, {"error_message", answer.body}}}};
  return Json{{"result",
               {{"success", webhooks::is_success(answer)},
                {"response_status", answer.status},
                {"response_body", answer.body}}}};
}

}  // namespace

void add_webhook_routes(net::Router& router, webhooks::Service& webhooks) {
  Routes routes(router);
  const auto one = [&](Method method, std::string_view path, auto work) {
    routes.add(method, path, [&webhooks, work](const Json& arguments) -> StatusOr<Json> {
      ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "webhook_id"));
      return work(webhooks, id, arguments);
    });
  };
  using Service = treadle::webhooks::Service;
  routes.add(Method::kPost, "webhooks", [&](const Json& arguments) { return create(webhooks, arguments); });
  routes.add(Method::kGet, "webhooks", [&](const Json& arguments) { return list(webhooks, arguments); });
  one(Method::kGet, "webhooks/{webhook_id}",
      [](Service& service, const std::string& id, const Json&) -> StatusOr<Json> {
        ASSIGN_OR_RETURN(const auto webhook, service.get(id));
        return Json{{"webhook", form(webhook)}};
      });
  one(Method::kPatch, "webhooks/{webhook_id}", update);
  one(Method::kDelete, "webhooks/{webhook_id}",
      [](Service& service, const std::string& id, const Json&) -> StatusOr<Json> {
        RETURN_IF_ERROR(service.remove(id));
        return Json::object();
      });
  one(Method::kPost, "webhooks/{webhook_id}/test", test);
}

}  // namespace treadle::mlflow
