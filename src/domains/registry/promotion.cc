#include "domains/registry/promotion.h"

#include <algorithm>

#include "base/strings.h"
#include "domains/registry/gate_store.h"
#include "domains/registry/rules.h"
#include "domains/registry/service.h"
#include "domains/registry/sql_store.h"

namespace treadle::registry {
namespace {

// A promotion needs its own evidence and that of what it is compared with; which that is may change in between.
constexpr int kMostRounds = 20;

// The version that has the alias, stage or deployment, or nullopt.
StatusOr<std::optional<Version>> holder(sql::Connection& connection, const std::string& model,
                                        const std::string& target, std::int64_t candidate, std::int64_t serving) {
  std::vector<Version> found;
  if (target.starts_with(kStage)) {
    ASSIGN_OR_RETURN(found, store::load_versions(connection,
                                                 "WHERE model = ? AND stage = ? AND version <> ?"
                                                 " ORDER BY version DESC LIMIT 1",
                                                 {model, target.substr(kStage.size()), candidate}));
  } else if (target.starts_with(kDeployment)) {
    if (serving == 0 || serving == candidate) return std::optional<Version>();
    ASSIGN_OR_RETURN(found, store::load_versions(connection, "WHERE model = ? AND version = ?", {model, serving}));
  } else {
    ASSIGN_OR_RETURN(const auto number, store::find_alias(connection, model, target));
    if (!number || *number == candidate) return std::optional<Version>();
    ASSIGN_OR_RETURN(found, store::load_versions(connection, "WHERE model = ? AND version = ?", {model, *number}));
  }
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Status add_compared(sql::Connection& connection, EvidenceRoom& room, const Gate& gate, const Check& check,
                    std::int64_t serving, Case& given, bool& complete) {
  if (check.kind != Check::Kind::kCompared || given.others.contains(check.other)) return ok_status();
  auto& place = given.others[check.other];
  ASSIGN_OR_RETURN(auto other,
                   holder(connection, given.candidate.model, check.other.empty() ? gate.target : check.other,
                          given.candidate.version, serving));
  if (!other) return ok_status();
  const Evidence* evidence = room.find(*other);
  if (evidence == nullptr) {
    complete = false;
    return ok_status();
  }
  place = {std::move(*other), *evidence};
  return ok_status();
}

}  // namespace

const Evidence* EvidenceRoom::find(const Version& version) {
  const std::pair key{version.run_id, version.model_id};
  const auto it = known_.find(key);
  if (it != known_.end()) return &it->second;
  wanted_.insert(key);
  return nullptr;
}

Status EvidenceRoom::read_wanted() {
  for (const auto& [run_id, model_id] : wanted_) {
    Evidence evidence;
    if (!run_id.empty()) {
      auto run = tracking_.get_run(run_id);
      if (run.ok())
        evidence.run = *std::move(run);
      else if (run.status().code() != StatusCode::kNotFound && run.status().code() != StatusCode::kInvalidArgument)
        return run.status();
    }
    if (!model_id.empty()) {
      auto logged = tracking_.get_logged_model(model_id, true);
      if (logged.ok())
        evidence.logged = *std::move(logged);
      else if (logged.status().code() != StatusCode::kNotFound &&
               logged.status().code() != StatusCode::kInvalidArgument)
        return logged.status();
    }
    known_[{run_id, model_id}] = std::move(evidence);
  }
  wanted_.clear();
  return ok_status();
}

Status EvidenceRoom::work(const std::function<Status()>& work) {
  for (int round = 0; round < kMostRounds; ++round) {
    Status status = work();
    if (status.ok() || wanted_.empty()) return status;
    RETURN_IF_ERROR(read_wanted());
  }
  return unavailable("the versions to compare with change all the time: try again");
}

StatusOr<std::optional<Gate>> gate_for(sql::Connection& connection, const std::string& model,
                                       const std::string& target) {
  ASSIGN_OR_RETURN(auto gate, store::find_gate(connection, model, target));
  if (gate || target.starts_with(kStage)) return gate;
  if (target.starts_with(kDeployment)) return store::find_gate(connection, model, str_cat(kDeployment, "*"));
  const auto stage = canonical_stage(target);
  if (!stage.ok()) return gate;
  return store::find_gate(connection, model, str_cat(kStage, *stage));
}

StatusOr<std::optional<Decision>> judge(sql::Connection& connection, EvidenceRoom& room, const Version& candidate,
                                        const std::string& target, std::int64_t serving) {
  ASSIGN_OR_RETURN(const auto gate, gate_for(connection, candidate.model, target));
  if (!gate) return std::optional<Decision>();
  Case given{.candidate = candidate};
  const Evidence* evidence = room.find(candidate);
  bool complete = evidence != nullptr;
  for (const Check& check : gate->checks) {
    RETURN_IF_ERROR(add_compared(connection, room, *gate, check, serving, given, complete));
  }
  if (!complete) return EvidenceRoom::more();
  given.evidence = *evidence;
  ASSIGN_OR_RETURN(given.approvals,
                   store::load_approvals(connection, candidate.model, candidate.version, gate->target));
  // Who approved it for one deployment need not approve it for all.
  if (gate->target != target) {
    ASSIGN_OR_RETURN(const auto narrower,
                     store::load_approvals(connection, candidate.model, candidate.version, target));
    given.approvals.insert(given.approvals.end(), narrower.begin(), narrower.end());
  }
  ASSIGN_OR_RETURN(const std::string maker, store::maker_of(connection, candidate.model, candidate.version));
  given.makers = {maker, candidate.user, given.evidence.run ? given.evidence.run->user : ""};
  std::erase(given.makers, "");
  Decision decision = decide(*gate, given);
  decision.target = target;
  return std::optional(std::move(decision));
}

// --- the service's calls that promote ---

Status Service::promote(const std::string& reason, const std::function<Status(sql::Connection&, Promotion&)>& change) {
  RETURN_IF_ERROR(check_reason(reason));
  EvidenceRoom room(tracking_);
  std::optional<Status> refusal;
  const Scribe scribe(clock_.now_ms(), reason);
  RETURN_IF_ERROR(room.work([&] {
    refusal.reset();
    return database_.write([&](sql::Connection& tx) -> Status {
      Promotion promotion{scribe, room, refusal};
      return change(tx, promotion);
    });
  }));
  // The refusal is committed as well: it is part of the history.
  return refusal ? std::move(*refusal) : ok_status();
}

StatusOr<bool> Service::let_through(sql::Connection& tx, Promotion& promotion, const Version& candidate,
                                    HistoryEntry entry) {
  ASSIGN_OR_RETURN(const auto decision,
                   judge(tx, promotion.room, candidate, entry.target, serving_now(candidate.model, entry.target)));
  entry.model = candidate.model;
  entry.version = candidate.version;
  if (decision) entry.details["decision"] = decision->to_json();
  const bool accepted = !decision || decision->accepted;
  if (!accepted) {
    promotion.refusal = decision->refusal();
    entry.kind = "promotion.refused";
    RETURN_IF_ERROR(
        events_.append(tx, version_event("model_version.promotion_refused", candidate.model, candidate.version,
                                         {{"target", entry.target}, {"reason", promotion.refusal->message()}})));
  }
  RETURN_IF_ERROR(promotion.scribe.note(tx, std::move(entry)));
  return accepted;
}

Status Service::set_alias(const std::string& model, const std::string& alias, std::int64_t version,
                          const std::string& reason) {
  RETURN_IF_ERROR(check_alias(alias));
  RETURN_IF_ERROR(check_alias_is_free(alias));
  return promote(reason, [&](sql::Connection& tx, Promotion& promotion) -> Status {
    ASSIGN_OR_RETURN(const Version candidate, store::load_version(tx, model, version));
    ASSIGN_OR_RETURN(const auto before, store::find_alias(tx, model, alias));
    if (before != version) {
      HistoryEntry entry{
          .kind = "alias.set", .target = alias, .before = before ? str_cat(*before) : "", .after = str_cat(version)};
      ASSIGN_OR_RETURN(const bool accepted, let_through(tx, promotion, candidate, std::move(entry)));
      if (!accepted) return ok_status();
    }
    RETURN_IF_ERROR(store::put_alias(tx, model, alias, version));
    ASSIGN_OR_RETURN(const Model changed, store::load_model(tx, model));
    return events_.append(
        tx, version_event("model_alias.set", model, version, {{"alias", alias}, {"prompt", is_prompt(changed)}}));
  });
}

std::int64_t Service::serving_now(const std::string& model, const std::string& target) const {
  if (!serves_ || !target.starts_with(kDeployment)) return 0;
  return serves_(target.substr(kDeployment.size()), model);
}

Status Service::admit_deployment(const std::string& model, std::int64_t version, const std::string& deployment,
                                 const std::string& reason) {
  RETURN_IF_ERROR(check_deployment_name(deployment));
  return promote(reason, [&](sql::Connection& tx, Promotion& promotion) -> Status {
    ASSIGN_OR_RETURN(const Version candidate, store::load_version(tx, model, version));
    HistoryEntry entry{
        .kind = "deployment.asked", .target = str_cat(kDeployment, deployment), .after = str_cat(version)};
    const std::int64_t before = serving_now(model, entry.target);
    if (before != 0) entry.before = str_cat(before);
    return let_through(tx, promotion, candidate, std::move(entry)).status();
  });
}

// The others of the stage make room.
Status Service::archive_others(sql::Connection& tx, const Scribe& scribe, const Version& newcomer) {
  ASSIGN_OR_RETURN(std::vector<Version> others, store::versions_of(tx, newcomer.model));
  for (Version& other : others) {
    if (other.version == newcomer.version || other.stage != newcomer.stage) continue;
    RETURN_IF_ERROR(scribe.note(tx, {.model = other.model,
                                     .version = other.version,
                                     .kind = "stage.changed",
                                     .target = "stage:Archived",
                                     .before = other.stage,
                                     .after = "Archived",
                                     .reason = str_cat("version ", newcomer.version, " took its place")}));
    other.stage = "Archived";
    other.updated_ms = newcomer.updated_ms;
    RETURN_IF_ERROR(store::update_version(tx, other));
  }
  return ok_status();
}

StatusOr<Version> Service::set_stage(const std::string& model, std::int64_t version, const std::string& stage,
                                     bool archive, const std::string& reason) {
  ASSIGN_OR_RETURN(const std::string wanted, canonical_stage(stage));
  if (archive && wanted != "Staging" && wanted != "Production") {
    return refused("archive_existing_versions",
                   str_cat("Model version transition cannot archive existing model versions because '", stage,
                           "' is not an Active stage. Valid stages are ['Staging', 'Production']"));
  }
  StatusOr<Version> changed = internal_error("");
  RETURN_IF_ERROR(promote(reason, [&](sql::Connection& tx, Promotion& promotion) -> Status {
    ASSIGN_OR_RETURN(Version found, store::load_version(tx, model, version));
    if (found.stage != wanted) {
      HistoryEntry entry{
          .kind = "stage.changed", .target = str_cat(kStage, wanted), .before = found.stage, .after = wanted};
      ASSIGN_OR_RETURN(const bool accepted, let_through(tx, promotion, found, std::move(entry)));
      if (!accepted) return ok_status();
    }
    found.stage = wanted;
    found.updated_ms = promotion.scribe.now_ms();
    RETURN_IF_ERROR(store::touch_model(tx, model, found.updated_ms));
    if (archive) RETURN_IF_ERROR(archive_others(tx, promotion.scribe, found));
    RETURN_IF_ERROR(store::update_version(tx, found));
    changed = store::load_version(tx, model, version);
    return events_.append(tx, version_event("model_version.updated", model, version, {{"stage", found.stage}}));
  }));
  return changed;
}

}  // namespace treadle::registry
