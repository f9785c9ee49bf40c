// The registry: which models there are, which versions of each, and which version is meant by a name. Thread-safe; a
// write that returned ok is durable and its event is in the log.
#pragma once

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/registry/gate.h"
#include "domains/registry/history.h"
#include "domains/registry/types.h"
#include "domains/tracking/service.h"

namespace treadle::registry {

// None, Staging, Production or Archived, as it is written; kInvalidArgument for another word.
StatusOr<std::string> canonical_stage(const std::string& stage);

class EvidenceRoom;

class Service {
 public:
  Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
          tracking::Service& tracking);
  Status open();

  StatusOr<Model> create_model(const std::string& name, const std::string& description = "", const Tags& tags = {});
  StatusOr<Model> get_model(const std::string& name);
  StatusOr<Page<Model>> search_models(const Query& query);
  StatusOr<Model> rename_model(const std::string& name, const std::string& new_name);
  StatusOr<Model> describe_model(const std::string& name, const std::string& description);
  Status delete_model(const std::string& name);

  // The next number. The model must exist, and the run when one is named.
  StatusOr<Version> create_version(const NewVersion& version);
  StatusOr<Version> get_version(const std::string& model, std::int64_t version);
  // "3", "latest", "@champion" or a stage's name.
  StatusOr<Version> resolve(const std::string& model, const std::string& version_or_alias);
  // "latest" in any case is the newest; another alias must be set, or it is kInvalidArgument.
  StatusOr<Version> get_version_by_alias(const std::string& model, const std::string& alias);
  StatusOr<std::vector<Version>> versions_of(const std::string& model);
  StatusOr<Page<Version>> search_versions(const Query& query);
  StatusOr<Version> describe_version(const std::string& model, std::int64_t version, const std::string& description);
  // A promotion (promotion.cc): kAborted when a gate refuses it, naming what does not hold. The decision is in the
  // history either way. Giving a version what it has already is none.
  StatusOr<Version> set_stage(const std::string& model, std::int64_t version, const std::string& stage, bool archive,
                              const std::string& reason = "");
  Status delete_version(const std::string& model, std::int64_t version);

  // A promotion, as set_stage.
  Status set_alias(const std::string& model, const std::string& alias, std::int64_t version,
                   const std::string& reason = "");
  // Whether a version may be deployed under this name; the answer is in the history either way. As set_alias.
  Status admit_deployment(const std::string& model, std::int64_t version, const std::string& deployment,
                          const std::string& reason = "");
  // Which version of `model` a deployment answers with now; 0: none. Serving says so; asked inside transactions, so it
  // may not wait. Set before the first call of the above.
  using Serves = std::function<std::int64_t(const std::string& deployment, const std::string& model)>;
  void ask_what_serves(Serves serves) { serves_ = std::move(serves); }
  Status delete_alias(const std::string& model, const std::string& alias, const std::string& reason = "");
  // `version` 0 is the model itself.
  Status set_tag(const std::string& model, std::int64_t version, const std::string& key, const std::string& value);
  Status delete_tag(const std::string& model, std::int64_t version, const std::string& key);

  // Those of these runs, or else logged models, that some version came from: its files may be theirs.
  StatusOr<std::set<std::string>> in_use(bool runs, const std::vector<std::string>& ids);

  // Gates, approvals and the history (gates.cc). A target is an alias, "stage:Production" or "deployment:NAME". Changes
  // count from the next promotion on; who asks is current_actor().
  StatusOr<Gate> set_gate(const std::string& model, const std::string& target, const std::vector<std::string>& checks,
                          const std::string& description = "", const std::string& reason = "");
  Status delete_gate(const std::string& model, const std::string& target, const std::string& reason = "");
  StatusOr<std::vector<Gate>> gates(const std::string& model);
  // Of a deployment without one of its own, that of "deployment:*".
  StatusOr<Gate> get_gate(const std::string& model, const std::string& target);
  // What the gate would say now; nullopt when there is none.
  StatusOr<std::optional<Decision>> try_gate(const std::string& model, const std::string& target, std::int64_t version);
  StatusOr<Approval> approve(const std::string& model, std::int64_t version, const std::string& target,
                             const std::string& reason);
  // Takes an approval back: `user`'s, or with "" the asker's own. What it let through stays where it is.
  Status withdraw_approval(const std::string& model, std::int64_t version, const std::string& target,
                           const std::string& user, const std::string& reason);
  StatusOr<std::vector<Approval>> approvals(const std::string& model, std::int64_t version);
  StatusOr<Page<HistoryEntry>> history(const HistoryQuery& query);

  // Taking over another registry's records with their numbers and times (import.cc); safe to repeat. Aliases follow
  // through set_alias. A stage is a promotion here as anywhere else.
  StatusOr<Model> import_model(const Model& model);
  StatusOr<Version> import_version(const Version& version);

  // Blob key of the folder that holds a version's files. kInvalidArgument for a source this server does not keep.
  StatusOr<std::string> artifact_folder(const Version& version);

 private:
  // What a promotion has at hand in its transaction. `refusal` is set, and the transaction committed, when a gate says
  // no.
  struct Promotion {
    const Scribe& scribe;
    EvidenceRoom& room;
    std::optional<Status>& refusal;
  };
  Status promote(const std::string& reason, const std::function<Status(sql::Connection&, Promotion&)>& change);
  // Asks the gate of `entry.target` and writes the entry with its decision, or that it was refused.
  StatusOr<bool> let_through(sql::Connection& tx, Promotion& promotion, const Version& candidate, HistoryEntry entry);
  // The version of `model` that the target "deployment:NAME" has now; 0 for other targets.
  std::int64_t serving_now(const std::string& model, const std::string& target) const;
  Status archive_others(sql::Connection& tx, const Scribe& scribe, const Version& newcomer);

  Status tell_tag(sql::Connection& tx, const std::string& model, std::int64_t version, std::string_view action,
                  Json payload);
  // Turns a source "models:/…" into what it means now: the version, and where its files are.
  Status follow_source(NewVersion& wanted, std::string& location);
  Status note_in_logged_model(const std::string& model_id);
  StatusOr<Version> change_version(const std::string& model, std::int64_t version,
                                   const std::function<Status(sql::Connection&, Version&)>& change);

  sql::Database& database_;
  events::EventLog& events_;
  lineage::Graph& graph_;
  const Clock& clock_;
  tracking::Service& tracking_;
  Serves serves_;
  std::mutex notes_;  // one at a time says which versions a logged model became
};

}  // namespace treadle::registry
