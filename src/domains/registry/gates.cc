// The part of the service that keeps gates, approvals and the history.
#include "domains/registry/gate_store.h"
#include "domains/registry/promotion.h"
#include "domains/registry/service.h"
#include "domains/registry/sql_store.h"

namespace treadle::registry {
namespace {

constexpr std::size_t kLongestDescription = 5000;

Json gate_details(const Gate& gate) {
  Json checks = Json::array();
  for (const Check& check : gate.checks) checks.push_back(check.text);
  return {{"gate", {{"version", gate.version}, {"description", gate.description}, {"checks", checks}}}};
}

}  // namespace

StatusOr<Page<HistoryEntry>> Service::history(const HistoryQuery& query) {
  StatusOr<Page<HistoryEntry>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    page = store::load_history(connection, query);
    RETURN_IF_ERROR(page);
    if (!page->items.empty() || query.before_id != 0) return ok_status();
    // An empty page is only an answer for what there is.
    if (query.version != 0) return store::load_version(connection, query.model, query.version).status();
    return store::load_model(connection, query.model).status();
  }));
  return page;
}

StatusOr<Gate> Service::set_gate(const std::string& model, const std::string& given_target,
                                 const std::vector<std::string>& checks, const std::string& description,
                                 const std::string& reason) {
  RETURN_IF_ERROR(check_reason(reason));
  Gate gate{.description = description, .user = current_actor().user, .updated_ms = clock_.now_ms()};
  ASSIGN_OR_RETURN(gate.target, canonical_target(given_target));
  if (checks.empty()) return invalid_field("checks", "must name one or more; to have none, delete the gate");
  if (checks.size() > Gate::kMostChecks) return invalid_field("checks", "may be at most ", Gate::kMostChecks);
  if (description.size() > kLongestDescription || description.find('\0') != std::string::npos) {
    return invalid_field("description", "must be text of at most ", kLongestDescription, " bytes");
  }
  for (const std::string& text : checks) {
    ASSIGN_OR_RETURN(Check check, parse_check(text));
    gate.checks.push_back(std::move(check));
  }
  const Scribe scribe(gate.updated_ms, reason);
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_model(tx, model));
    ASSIGN_OR_RETURN(const auto all, store::load_gates(tx, model));
    ASSIGN_OR_RETURN(const auto before, store::find_gate(tx, model, gate.target));
    if (!before && all.size() >= Gate::kMostPerModel) {
      return resource_exhausted("a model may have at most ", Gate::kMostPerModel, " gates");
    }
    ASSIGN_OR_RETURN(gate, store::put_gate(tx, model, gate));
    return scribe.note(tx, {.model = model,
                            .kind = "gate.set",
                            .target = gate.target,
                            .before = before ? checks_text(*before, "; ") : "",
                            .after = checks_text(gate, "; "),
                            .details = gate_details(gate)});
  }));
  return gate;
}

Status Service::delete_gate(const std::string& model, const std::string& given_target, const std::string& reason) {
  RETURN_IF_ERROR(check_reason(reason));
  ASSIGN_OR_RETURN(const std::string target, canonical_target(given_target));
  const Scribe scribe(clock_.now_ms(), reason);
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_model(tx, model));
    ASSIGN_OR_RETURN(const auto before, store::find_gate(tx, model, target));
    if (!before) return not_found("model ", model, " has no gate for ", target);
    RETURN_IF_ERROR(store::remove_gate(tx, model, target));
    return scribe.note(tx, {.model = model,
                            .kind = "gate.deleted",
                            .target = target,
                            .before = checks_text(*before, "; "),
                            .details = gate_details(*before)});
  });
}

StatusOr<std::vector<Gate>> Service::gates(const std::string& model) {
  StatusOr<std::vector<Gate>> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    RETURN_IF_ERROR(store::load_model(connection, model));
    found = store::load_gates(connection, model);
    return found.status();
  }));
  return found;
}

StatusOr<Gate> Service::get_gate(const std::string& model, const std::string& given_target) {
  ASSIGN_OR_RETURN(const std::string target, canonical_target(given_target));
  ASSIGN_OR_RETURN(const std::vector<Gate> all, gates(model));
  for (const Gate& gate : all) {
    if (gate.target == target) return gate;
  }
  for (const Gate& gate : all) {
    if (gate.target == str_cat(kDeployment, "*") && target.starts_with(kDeployment)) return gate;
  }
  return not_found("model ", model, " has no gate for ", target);
}

StatusOr<std::optional<Decision>> Service::try_gate(const std::string& model, const std::string& given_target,
                                                    std::int64_t version) {
  ASSIGN_OR_RETURN(const std::string target, canonical_target(given_target));
  EvidenceRoom room(tracking_);
  std::optional<Decision> decision;
  RETURN_IF_ERROR(room.work([&] {
    return database_.read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const Version candidate, store::load_version(connection, model, version));
      ASSIGN_OR_RETURN(decision, judge(connection, room, candidate, target, serving_now(model, target)));
      return ok_status();
    });
  }));
  return decision;
}

StatusOr<Approval> Service::approve(const std::string& model, std::int64_t version, const std::string& given_target,
                                    const std::string& reason) {
  RETURN_IF_ERROR(check_reason(reason));
  ASSIGN_OR_RETURN(const std::string target, canonical_target(given_target));
  const Scribe scribe(clock_.now_ms(), reason);
  if (scribe.actor().user.empty()) {
    return invalid_field("user", "an approval needs somebody's name: send it with HTTP Basic or X-Treadle-User");
  }
  const Approval approval{.target = target, .by = scribe.actor(), .time_ms = scribe.now_ms(), .reason = reason};
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_version(tx, model, version));
    RETURN_IF_ERROR(store::put_approval(tx, model, version, approval));
    return scribe.note(tx, {.model = model, .version = version, .kind = "approval.given", .target = target});
  }));
  return approval;
}

Status Service::withdraw_approval(const std::string& model, std::int64_t version, const std::string& given_target,
                                  const std::string& user, const std::string& reason) {
  RETURN_IF_ERROR(check_reason(reason));
  ASSIGN_OR_RETURN(const std::string target, canonical_target(given_target));
  const Scribe scribe(clock_.now_ms(), reason);
  const std::string whose = user.empty() ? scribe.actor().user : user;
  if (whose.empty()) return invalid_field("user", "name whose approval is withdrawn");
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_version(tx, model, version));
    ASSIGN_OR_RETURN(const bool removed, store::remove_approval(tx, model, version, target, whose));
    if (!removed) {
      return not_found(whose, " has not approved version ", version, " of model ", model, " for ", target);
    }
    return scribe.note(
        tx, {.model = model, .version = version, .kind = "approval.withdrawn", .target = target, .before = whose});
  });
}

StatusOr<std::vector<Approval>> Service::approvals(const std::string& model, std::int64_t version) {
  StatusOr<std::vector<Approval>> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    RETURN_IF_ERROR(store::load_version(connection, model, version));
    found = store::load_approvals(connection, model, version);
    return found.status();
  }));
  return found;
}

}  // namespace treadle::registry
