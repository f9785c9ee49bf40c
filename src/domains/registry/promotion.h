// The one place where a version is let through to an alias, a stage or a deployment.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "domains/registry/gate.h"
#include "domains/registry/history.h"
#include "domains/tracking/service.h"
#include "storage/sql/database.h"

namespace treadle::registry {

// What tracking knows of versions, read before the transaction that needs it: a transaction may not read elsewhere.
// Work that asks for something that is not there yet ends, and is done again when it was read.
class EvidenceRoom {
 public:
  explicit EvidenceRoom(tracking::Service& tracking) : tracking_(tracking) {}
  // Null: not read yet; return kMore from the work.
  const Evidence* find(const Version& version);
  // Runs `work` until it asks for nothing more. Its error kMore is never returned.
  Status work(const std::function<Status()>& work);

  static Status more() { return {StatusCode::kAborted, "what tracking knows is read first"}; }

 private:
  Status read_wanted();

  tracking::Service& tracking_;
  std::map<std::pair<std::string, std::string>, Evidence> known_;  // by run and logged model
  std::set<std::pair<std::string, std::string>> wanted_;
};

// Decides by the gate of `target`; nullopt when it has none. In the transaction of the change. `serving`: the version
// that a deployment answers with now, 0 for none.
StatusOr<std::optional<Decision>> judge(sql::Connection& connection, EvidenceRoom& room, const Version& candidate,
                                        const std::string& target, std::int64_t serving);
// The gate that counts for a target: an alias called like a stage is held to the stage's gate when it has none itself,
// a deployment to that of "deployment:*".
StatusOr<std::optional<Gate>> gate_for(sql::Connection& connection, const std::string& model,
                                       const std::string& target);

}  // namespace treadle::registry
