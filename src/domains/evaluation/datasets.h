// Evaluation datasets. All methods are thread-safe; a write is durable when its call returns.
#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "domains/evaluation/types.h"
#include "storage/sql/database.h"

namespace treadle::evaluation {

class Datasets {
 public:
  static constexpr std::size_t kMostRecords = 20'000;      // in one call
  static constexpr std::size_t kLargestRecord = 1u << 20;  // bytes
  static constexpr std::size_t kMostExperiments = 1000;    // in one call
  static constexpr std::size_t kMostTags = 1000;           // in one call
  static constexpr std::int64_t kMostFound = 50'000;       // of one page of datasets
  static constexpr std::int64_t kMostRead = 1000;          // of one page of records
  static constexpr std::size_t kLongestSchema = 1'048'575;

  Datasets(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  // Tables, also those of the scorers.
  Status open();

  StatusOr<Dataset> create(const std::string& name, const Pairs& tags, const std::vector<std::string>& experiment_ids);
  StatusOr<Dataset> get(const std::string& id);
  StatusOr<Page> search(const Query& query);
  // Nothing happens when there is no such dataset, as with MLflow.
  Status remove(const std::string& id);

  Status set_tags(const std::string& id, const Pairs& tags);
  // Nothing happens when there is no such tag.
  Status delete_tag(const std::string& id, const std::string& key);
  StatusOr<Dataset> add_experiments(const std::string& id, const std::vector<std::string>& experiment_ids);
  StatusOr<Dataset> remove_experiments(const std::string& id, const std::vector<std::string>& experiment_ids);

  // Records with inputs that are there already are merged into those: outputs replaced, expectations and tags added.
  StatusOr<Upserted> upsert(const std::string& id, const std::vector<NewRecord>& records);
  // In the order they came.
  StatusOr<RecordPage> records(const std::string& id, std::int64_t after, std::int64_t limit);
  StatusOr<std::int64_t> delete_records(const std::string& id, const std::vector<std::string>& record_ids);

  // Whose permissions count for it: the experiment that it was in first; "" when it is in none, nullopt when there is
  // no such dataset.
  StatusOr<std::optional<std::vector<std::string>>> experiments_of(const std::string& id);
  // Inside a transaction that removes an experiment for good: its scorers go, datasets only leave it.
  static Status remove_all_of(sql::Connection& tx, const std::string& experiment_id);

 private:
  // What `change` makes of a dataset that is there.
  StatusOr<Dataset> changed(const std::string& id, const std::function<Status(sql::Connection&, Dataset&)>& change);

  sql::Database& database_;
  const Clock& clock_;
};

}  // namespace treadle::evaluation
