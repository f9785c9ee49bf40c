// What was deleted and when, and its removal for good. Deleting only marks; purge() removes rows and files of what was
// marked long enough ago.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/blob/blob_store.h"
#include "storage/sql/database.h"

namespace treadle::tracking {

struct PurgeQuery {
  std::int64_t before_ms = 0;  // what was deleted before this
  bool dry_run = false;        // only say what would go
  // Of these runs or logged models, those that something else still needs: their rows and files stay.
  std::function<StatusOr<std::set<std::string>>(bool runs, const std::vector<std::string>& ids)> in_use = {};
  // Called inside the transaction that removes an experiment: what else belongs to it goes too.
  std::function<Status(sql::Connection& tx, const std::string& experiment_id)> with_experiment = {};
};

struct Purged {
  std::vector<std::string> runs, logged_models, experiments;  // ids
  std::vector<std::string> kept;                              // runs and logged models: deleted, but in use
};

class Trash {
 public:
  Trash(sql::Database& database, blob::BlobStore& blobs) : database_(database), blobs_(blobs) {}
  Status open();

  // Inside the transaction that marks it. `kind` is "run", "experiment" or "logged_model".
  static Status note(sql::Connection& tx, std::string_view kind, const std::string& id, std::int64_t now_ms);
  static Status forget(sql::Connection& tx, std::string_view kind, const std::string& id);

  // Rows go first and in one transaction per hundred; the folders of their files are noted in it, so that a crash
  // before the files are gone only means that the next purge removes them.
  StatusOr<Purged> purge(const PurgeQuery& query);

 private:
  StatusOr<std::vector<std::string>> due(sql::Connection& connection, std::string_view kind, std::int64_t before_ms);
  Status remove_files();

  sql::Database& database_;
  blob::BlobStore& blobs_;
};

}  // namespace treadle::tracking
