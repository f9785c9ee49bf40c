// The table that requests look into: which version of which deployment answers now. No SQL, no waiting.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "domains/serving/model.h"
#include "domains/serving/snapshot.h"
#include "domains/serving/stats.h"

namespace treadle::serving {

// One loaded version; immutable.
struct LiveVersion {
  std::string model;
  std::int64_t version = 0;
  std::string version_text;  // "3", so that replies need not format it
  std::unique_ptr<Model> runtime;
};

struct LiveDeployment {
  explicit LiveDeployment(std::string deployment_name) : name(std::move(deployment_name)) {}
  const std::string name;
  Snapshot<LiveVersion> current;  // null while nothing serves
  mutable DeploymentStats stats;
};

// What a request holds from its first to its last line: the version cannot be freed under it.
struct Lease {
  std::shared_ptr<const LiveDeployment> deployment;
  std::shared_ptr<const LiveVersion> version;
};

class LiveTable {
 public:
  LiveTable();
  // The entry of `name`, made when there is none. Deployments are few and live long, so adding one copies the table.
  std::shared_ptr<LiveDeployment> ensure(std::string_view name);
  void remove(std::string_view name);
  // Null when there is none.
  std::shared_ptr<LiveDeployment> find(std::string_view name) const;
  // In order.
  std::vector<std::string> names() const;
  // `version` "" means whatever serves. Errors: kNotFound (no such deployment, or another version serves),
  // kUnavailable (the deployment serves nothing now).
  StatusOr<Lease> acquire(std::string_view name, std::string_view version) const;

 private:
  using Map = std::map<std::string, std::shared_ptr<LiveDeployment>, std::less<>>;
  std::mutex writers_;
  Snapshot<Map> map_;
};

}  // namespace treadle::serving
