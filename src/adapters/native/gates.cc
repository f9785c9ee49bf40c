#include "adapters/native/gates.h"

#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

StatusOr<std::int64_t> version_of(std::string_view text) {
  const auto version = parse_int(text);
  if (!version || *version < 1) return invalid_field("version", "must be a version's number, got \"", text, "\"");
  return *version;
}

std::string name_of(const Request& request) { return std::string(request.param("name")); }
std::string target_of(const Request& request) { return std::string(request.param("target")); }

StatusOr<Json> history(registry::Service& registry, const Request& request, std::int64_t version) {
  registry::HistoryQuery query{.model = name_of(request), .version = version};
  ASSIGN_OR_RETURN(query.limit, request.query.get_int("limit", 100, 1, 1000));
  ASSIGN_OR_RETURN(query.before_id, request.query.get_int("page_token", 0, 0, INT64_MAX));
  ASSIGN_OR_RETURN(const auto page, registry.history(query));
  Json answer = {{"history", Json::array()}};
  for (const auto& entry : page.items) answer["history"].push_back(to_json(entry));
  if (page.more) answer["next_page_token"] = str_cat(page.items.back().id);
  return answer;
}

StatusOr<Json> history_of_version(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t version, version_of(request.param("version")));
  return history(registry, request, version);
}

StatusOr<Json> list_gates(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const auto gates, registry.gates(name_of(request)));
  Json answer = {{"gates", Json::array()}};
  for (const auto& gate : gates) answer["gates"].push_back(to_json(gate));
  return answer;
}

// With ?version=N also what the gate would say of that version now.
StatusOr<Json> show_gate(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const auto gate, registry.get_gate(name_of(request), target_of(request)));
  Json answer = to_json(gate);
  const auto version = request.query.get("version");
  if (!version) return answer;
  ASSIGN_OR_RETURN(const std::int64_t number, version_of(*version));
  ASSIGN_OR_RETURN(const auto decision, registry.try_gate(name_of(request), target_of(request), number));
  if (decision) answer["decision"] = decision->to_json();
  return answer;
}

// Lines of text, or what showed a gate gave: {"text": …}.
StatusOr<std::vector<std::string>> read_checks(const Json& body) {
  std::vector<std::string> checks;
  ASSIGN_OR_RETURN(const Json* const list, optional_array(body, "checks"));
  if (list == nullptr) return invalid_field("checks", "is required: a list like [\"metric mae <= 0.2\"]");
  for (const Json& item : *list) {
    if (item.is_string()) {
      checks.push_back(item.get<std::string>());
      continue;
    }
    if (!item.is_object()) return invalid_field("checks", "must hold lines of text, got ", item.type_name());
    ASSIGN_OR_RETURN(std::string text, required_string(item, "text"));
    checks.push_back(std::move(text));
  }
  return checks;
}

StatusOr<Json> put_gate(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const auto checks, read_checks(body));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  ASSIGN_OR_RETURN(const std::string reason, optional_string(body, "reason"));
  ASSIGN_OR_RETURN(const auto gate,
                   registry.set_gate(name_of(request), target_of(request), checks, description, reason));
  return to_json(gate);
}

StatusOr<Json> delete_gate(registry::Service& registry, const Request& request) {
  const std::string reason(request.query.get("reason").value_or(""));
  RETURN_IF_ERROR(registry.delete_gate(name_of(request), target_of(request), reason));
  return Json::object();
}

StatusOr<Json> approve(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::int64_t version, version_of(request.param("version")));
  ASSIGN_OR_RETURN(const std::string target, required_string(body, "target"));
  ASSIGN_OR_RETURN(const std::string reason, required_string(body, "reason"));
  ASSIGN_OR_RETURN(const auto approval, registry.approve(name_of(request), version, target, reason));
  return to_json(approval);
}

StatusOr<Json> withdraw(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t version, version_of(request.param("version")));
  const auto given = [&](std::string_view name) { return std::string(request.query.get(name).value_or("")); };
  RETURN_IF_ERROR(
      registry.withdraw_approval(name_of(request), version, target_of(request), given("user"), given("reason")));
  return Json::object();
}

StatusOr<Json> list_approvals(registry::Service& registry, const Request& request) {
  ASSIGN_OR_RETURN(const std::int64_t version, version_of(request.param("version")));
  ASSIGN_OR_RETURN(const auto approvals, registry.approvals(name_of(request), version));
  Json answer = {{"approvals", Json::array()}};
  for (const auto& approval : approvals) answer["approvals"].push_back(to_json(approval));
  return answer;
}

std::string_view kind_of(registry::Check::Kind kind) {
  using Kind = registry::Check::Kind;
  switch (kind) {
    case Kind::kMetric:
    case Kind::kCompared:
      return "metric";
    case Kind::kParam:
      return "param";
    case Kind::kTag:
      return "tag";
    case Kind::kEvaluation:
      return "evaluation";
    case Kind::kApproval:
      return "approval";
  }
  return "";
}

}  // namespace

Json to_json(const registry::HistoryEntry& entry) {
  Json json = {{"id", entry.id},           {"model", entry.model},
               {"time_ms", entry.time_ms}, {"kind", entry.kind},
               {"target", entry.target},   {"before", entry.before},
               {"after", entry.after},     {"reason", entry.reason},
               {"user", entry.by.user},    {"user_verified", entry.by.verified},
               {"client", entry.by.client}};
  if (entry.version != 0) json["version"] = entry.version;
  json.update(entry.details);
  return json;
}

Json to_json(const registry::Gate& gate) {
  Json checks = Json::array();
  for (const registry::Check& check : gate.checks) {
    checks.push_back({{"text", check.text}, {"kind", kind_of(check.kind)}});
  }
  return {{"target", gate.target},   {"checks", checks},  {"description", gate.description},
          {"version", gate.version}, {"user", gate.user}, {"updated_ms", gate.updated_ms}};
}

Json to_json(const registry::Approval& approval) {
  return {{"target", approval.target},
          {"user", approval.by.user},
          {"user_verified", approval.by.verified},
          {"time_ms", approval.time_ms},
          {"reason", approval.reason}};
}

void add_gate_routes(net::Router& router, registry::Service& registry) {
  const auto route = [&](Method method, std::string_view path, auto work) {
    router.add(method, str_cat("/api/v1/models/{name}", path),
               json_handler([&registry, work](Request& request) { return work(registry, request); }));
  };
  route(Method::kGet, "/history",
        [](registry::Service& service, const Request& request) { return history(service, request, 0); });
  route(Method::kGet, "/versions/{version}/history", history_of_version);
  route(Method::kGet, "/versions/{version}/approvals", list_approvals);
  route(Method::kPost, "/versions/{version}/approvals", approve);
  route(Method::kDelete, "/versions/{version}/approvals/{target}", withdraw);
  route(Method::kGet, "/gates", list_gates);
  route(Method::kGet, "/gates/{target}", show_gate);
  route(Method::kPut, "/gates/{target}", put_gate);
  route(Method::kDelete, "/gates/{target}", delete_gate);
}

}  // namespace treadle::native
