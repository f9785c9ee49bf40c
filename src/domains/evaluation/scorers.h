// Scorers of experiments: what a client wrote to judge answers with, in versions. This server keeps them and never runs
// them. All methods are thread-safe; their tables are made by Datasets::open().
#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "domains/evaluation/types.h"
#include "domains/tracking/service.h"
#include "storage/sql/database.h"

namespace treadle::evaluation {

class Scorers {
 public:
  static constexpr std::size_t kLargest = 1u << 20;      // bytes of one version
  static constexpr std::int64_t kMostVersions = 10'000;  // of one scorer
  static constexpr std::size_t kMostExperiments = 1000;  // in one call

  Scorers(sql::Database& database, tracking::Service& tracking, const Clock& clock)
      : database_(database), tracking_(tracking), clock_(clock) {}

  // The next version of the experiment's scorer of that name.
  StatusOr<ScorerVersion> add(const std::string& experiment_id, const std::string& name, const std::string& body);
  // The newest version of each, by experiment and name.
  StatusOr<std::vector<ScorerVersion>> list(const std::string& experiment_id);
  // Of those of these experiments that are not deleted; of all such experiments when none are named.
  StatusOr<std::vector<ScorerVersion>> list_of(const std::vector<std::string>& experiment_ids);
  // The oldest first.
  StatusOr<std::vector<ScorerVersion>> versions(const std::string& experiment_id, const std::string& name);
  // The newest when `version` is not given.
  StatusOr<ScorerVersion> get(const std::string& experiment_id, const std::string& name,
                              std::optional<std::int64_t> version);
  // All of it when `version` is not given.
  Status remove(const std::string& experiment_id, const std::string& name, std::optional<std::int64_t> version);

 private:
  // The id as the experiment knows it; an error when it does not exist or is deleted.
  StatusOr<std::string> active(const std::string& experiment_id);

  sql::Database& database_;
  tracking::Service& tracking_;
  const Clock& clock_;
};

}  // namespace treadle::evaluation
