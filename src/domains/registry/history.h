// The history of a registered model: who changed what, when, from what to what, and why. Entries are written in the
// transaction of the change and never altered; a rename takes them along.
#pragma once

#include <string>

#include "base/actor.h"
#include "base/json.h"
#include "domains/registry/types.h"
#include "storage/sql/database.h"

namespace treadle::registry {

// `kind`: model.created, model.renamed, model.deleted, version.created, version.imported, version.deleted, alias.set,
// alias.deleted, stage.changed, tag.set, tag.deleted, gate.set, gate.deleted, approval.given, approval.withdrawn,
// deployment.asked, promotion.refused.
struct HistoryEntry {
  std::int64_t id = 0;
  std::string model;
  std::int64_t version = 0;  // 0: the model itself
  std::int64_t time_ms = 0;
  std::string kind;
  std::string
      target;  // the alias, "stage:Production", "deployment:NAME" or the tag's key that it is about; may be empty
  std::string before, after;  // the old and the new value as text; empty: there was none
  std::string reason;
  Actor by;
  Json details = Json::object();  // {"decision": …} of a gated promotion, {"gate": …} of a gate
};

struct HistoryQuery {
  std::string model;
  std::int64_t version = 0;  // 0: of the model and all its versions
  std::int64_t limit = 100;
  std::int64_t before_id = 0;  // only older entries; 0: from the newest
};

// Makes the entries of one change: knows who asked for it, also on the thread that writes.
class Scribe {
 public:
  explicit Scribe(std::int64_t now_ms, std::string reason = {}) : now_ms_(now_ms), reason_(std::move(reason)) {}
  // Sets who, when and why. A value longer than kLongest is cut.
  Status note(sql::Connection& tx, HistoryEntry entry) const;
  std::int64_t now_ms() const { return now_ms_; }
  const Actor& actor() const { return actor_; }
  const std::string& reason() const { return reason_; }

  static constexpr std::size_t kLongest = 1000, kLongestReason = 1000;

 private:
  std::int64_t now_ms_;
  std::string reason_;
  Actor actor_ = current_actor();
};

// Text for people that goes with a change: at most Scribe::kLongestReason bytes, without NUL.
Status check_reason(const std::string& reason);

namespace store {

// Newest first. Of a name that was used again only the present model's entries; of a deleted one, all.
StatusOr<Page<HistoryEntry>> load_history(sql::Connection& connection, const HistoryQuery& query);
Status rename_history(sql::Connection& tx, const std::string& name, const std::string& new_name);
// Who made a version; empty when it is older than the history or nobody is known.
StatusOr<std::string> maker_of(sql::Connection& connection, const std::string& model, std::int64_t version);

}  // namespace store
}  // namespace treadle::registry
