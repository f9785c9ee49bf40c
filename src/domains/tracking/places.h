// Where the artifacts of an experiment are kept when its maker chose the place: below another folder of this server's
// proxy ("mlflow-artifacts:/shared/a"), or elsewhere ("s3://bucket/a", a path), where only clients read and write them.
// A place never changes, so all of them are held in memory.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "domains/tracking/types.h"
#include "storage/sql/database.h"

namespace treadle::tracking {

class Places {
 public:
  explicit Places(sql::Database& database) : database_(database) {}
  Status open();

  // As it is kept: a path without a scheme becomes absolute, as MLflow's server makes it; no "/" at its end.
  static StatusOr<std::string> normal(const std::string& location);
  // The folder in the blob store; empty for a place elsewhere.
  static std::string folder_of(const std::string& location);

  // Inside the transaction that makes the experiment; remember() once it is done.
  static Status note(sql::Connection& tx, const std::string& experiment_id, const std::string& location);
  void remember(const std::string& experiment_id, const std::string& location);

  template <typename Record>
  void fill(Record& record) const {
    record.artifact_location = of(record.experiment_id);
  }
  // Empty when nobody chose one.
  std::string of(const std::string& experiment_id) const;

 private:
  sql::Database& database_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> locations_;
};

}  // namespace treadle::tracking
