#include "domains/evaluation/datasets.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/ids.h"
#include "base/strings.h"
#include "domains/evaluation/merge.h"
#include "domains/evaluation/store.h"

namespace treadle::evaluation {
namespace {

constexpr std::size_t kLongestName = 500, kLongestKey = 255, kLongestTag = 5000, kMostOrders = 10;
constexpr std::size_t kDigestDigits = 8;

Status missing(const std::string& id) { return not_found("Evaluation dataset with id '", id, "' not found"); }

Status check_name(const std::string& name) {
  if (trim(name).empty()) return invalid_field("name", "must not be empty");
  if (name.size() > kLongestName) return invalid_field("name", "must have at most ", kLongestName, " bytes");
  return ok_status();
}

Status check_tags(const Pairs& tags) {
  if (tags.size() > Datasets::kMostTags) return invalid_field("tags", "must be at most ", Datasets::kMostTags);
  for (const auto& [key, value] : tags) {
    if (key.empty() || key.size() > kLongestKey)
      return invalid_field("tags", "a key must have 1 to ", kLongestKey, " bytes");
    if (value.size() > kLongestTag)
      return invalid_field("tags", "the value of \"", key, "\" is longer than ", kLongestTag, " bytes");
    if ((key + value).find('\0') != std::string::npos) return invalid_field("tags", "must not hold NUL characters");
  }
  return ok_status();
}

// Each once and as experiments are known ("01" is "1").
StatusOr<std::vector<std::string>> clean(const std::vector<std::string>& experiment_ids) {
  if (experiment_ids.size() > Datasets::kMostExperiments)
    return invalid_field("experiment_ids", "must be at most ", Datasets::kMostExperiments);
  std::vector<std::string> kept;
  std::set<std::string, std::less<>> seen;
  for (const std::string& id : experiment_ids) {
    const auto number = parse_int(id);
    std::string known = number ? str_cat(*number) : id;
    if (seen.insert(known).second) kept.push_back(std::move(known));
  }
  return kept;
}

// Later than before, so that every change has a digest of its own.
void touch(Dataset& dataset, std::int64_t now_ms) {
  dataset.updated_ms = std::max(now_ms, dataset.updated_ms + 1);
  dataset.digest = sha256_hex(str_cat(dataset.name, ":", dataset.updated_ms)).substr(0, kDigestDigits);
}

StatusOr<Dataset> load(sql::Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(auto found, store::load_datasets(connection, {id}));
  if (found.empty()) return missing(id);
  return std::move(found.front());
}

}  // namespace

Status Datasets::open() { return sql::migrate(database_, "evaluation", store::migrations()); }

StatusOr<Dataset> Datasets::create(const std::string& name, const Pairs& tags,
                                   const std::vector<std::string>& experiment_ids) {
  RETURN_IF_ERROR(check_name(name));
  RETURN_IF_ERROR(check_tags(tags));
  ASSIGN_OR_RETURN(const auto experiments, clean(experiment_ids));
  Dataset dataset{.id = str_cat("d-", new_hex_id()), .name = name, .created_ms = clock_.now_ms(), .tags = tags};
  touch(dataset, dataset.created_ms);
  for (const auto& [key, value] : tags) {
    if (key == "mlflow.user") dataset.created_by = dataset.updated_by = value;
  }
  dataset.experiment_ids = experiments;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::check_experiments(tx, experiments));
    RETURN_IF_ERROR(store::insert_dataset(tx, dataset));
    RETURN_IF_ERROR(store::put_tags(tx, dataset.id, tags));
    return store::add_experiments(tx, dataset.id, experiments);
  }));
  return dataset;
}

StatusOr<Dataset> Datasets::get(const std::string& id) {
  Dataset dataset;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(dataset, load(connection, id));
    return ok_status();
  }));
  return dataset;
}

StatusOr<Page> Datasets::search(const Query& given) {
  if (given.order_by.size() > kMostOrders) return invalid_field("order_by", "must be at most ", kMostOrders);
  Query query = given;
  ASSIGN_OR_RETURN(query.experiment_ids, clean(given.experiment_ids));
  Page page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(auto ids, store::find(connection, query));
    page.more = static_cast<std::int64_t>(ids.size()) > query.limit;
    if (page.more) ids.pop_back();
    ASSIGN_OR_RETURN(page.items, store::load_datasets(connection, ids));
    return ok_status();
  }));
  return page;
}

Status Datasets::remove(const std::string& id) {
  return database_.write([&](sql::Connection& tx) { return store::delete_dataset(tx, id); });
}

Status Datasets::set_tags(const std::string& id, const Pairs& tags) {
  RETURN_IF_ERROR(check_tags(tags));
  return changed(id, [&](sql::Connection& tx, Dataset&) { return store::put_tags(tx, id, tags); }).status();
}

Status Datasets::delete_tag(const std::string& id, const std::string& key) {
  return database_.write([&](sql::Connection& tx) { return store::delete_tag(tx, id, key); });
}

StatusOr<Dataset> Datasets::add_experiments(const std::string& id, const std::vector<std::string>& experiment_ids) {
  ASSIGN_OR_RETURN(const auto experiments, clean(experiment_ids));
  return changed(id, [&](sql::Connection& tx, Dataset& dataset) -> Status {
    RETURN_IF_ERROR(store::check_experiments(tx, experiments));
    RETURN_IF_ERROR(store::add_experiments(tx, id, experiments));
    dataset.updated_ms = clock_.now_ms();
    return store::update_dataset(tx, dataset);
  });
}

StatusOr<Dataset> Datasets::remove_experiments(const std::string& id, const std::vector<std::string>& experiment_ids) {
  ASSIGN_OR_RETURN(const auto experiments, clean(experiment_ids));
  return changed(id, [&](sql::Connection& tx, Dataset& dataset) -> Status {
    RETURN_IF_ERROR(store::remove_experiments(tx, id, experiments));
    dataset.updated_ms = clock_.now_ms();
    return store::update_dataset(tx, dataset);
  });
}

StatusOr<Dataset> Datasets::changed(const std::string& id,
                                    const std::function<Status(sql::Connection&, Dataset&)>& change) {
  Dataset dataset;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(dataset, load(tx, id));
    RETURN_IF_ERROR(change(tx, dataset));
    ASSIGN_OR_RETURN(dataset, load(tx, id));
    return ok_status();
  }));
  return dataset;
}

StatusOr<Upserted> Datasets::upsert(const std::string& id, const std::vector<NewRecord>& records) {
  RETURN_IF_ERROR(check(records));
  std::vector<std::string> hashes;
  hashes.reserve(records.size());
  for (const NewRecord& record : records) hashes.push_back(hash_of(record.inputs));
  Upserted counts;
  RETURN_IF_ERROR(changed(id, [&](sql::Connection& tx, Dataset& dataset) -> Status {
                    ASSIGN_OR_RETURN(auto there, store::records_with(tx, id, hashes));
                    ASSIGN_OR_RETURN(const std::int64_t last, store::last_position(tx, id));
                    const Merged merged = merge(std::move(there), records, last, clock_.now_ms());
                    RETURN_IF_ERROR(store::put_records(tx, id, merged.records));
                    counts = merged.counts;
                    dataset.records += counts.inserted;
                    dataset.updated_by = merged.user;
                    ASSIGN_OR_RETURN(dataset.schema, extended(dataset.schema, records));
                    touch(dataset, clock_.now_ms());
                    return store::update_dataset(tx, dataset);
                  }).status());
  return counts;
}

StatusOr<RecordPage> Datasets::records(const std::string& id, std::int64_t after, std::int64_t limit) {
  RecordPage page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    RETURN_IF_ERROR(load(connection, id).status());
    ASSIGN_OR_RETURN(page.items, store::load_records(connection, id, after, limit + 1));
    return ok_status();
  }));
  if (static_cast<std::int64_t>(page.items.size()) > limit) {
    page.items.pop_back();
    page.next = page.items.back().position;
  }
  return page;
}

StatusOr<std::int64_t> Datasets::delete_records(const std::string& id, const std::vector<std::string>& record_ids) {
  if (record_ids.size() > kMostRecords) return invalid_field("dataset_record_ids", "must be at most ", kMostRecords);
  std::int64_t deleted = 0;
  RETURN_IF_ERROR(changed(id, [&](sql::Connection& tx, Dataset& dataset) -> Status {
                    ASSIGN_OR_RETURN(deleted, store::delete_records(tx, id, record_ids));
                    if (deleted == 0) return ok_status();
                    dataset.records -= deleted;
                    touch(dataset, clock_.now_ms());
                    return store::update_dataset(tx, dataset);
                  }).status());
  return deleted;
}

StatusOr<std::optional<std::vector<std::string>>> Datasets::experiments_of(const std::string& id) {
  std::optional<std::vector<std::string>> experiments;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    return connection.query(
        "SELECT e.experiment_id FROM evaluation_datasets d LEFT JOIN evaluation_dataset_experiments e ON"
        " e.dataset_id = d.id WHERE d.id = ? ORDER BY e.position",
        {id}, [&](const sql::Row& row) {
          if (!experiments) experiments.emplace();
          if (std::string one = row.string(0); !one.empty()) experiments->push_back(std::move(one));
          return ok_status();
        });
  }));
  return experiments;
}

Status Datasets::remove_all_of(sql::Connection& tx, const std::string& experiment_id) {
  RETURN_IF_ERROR(tx.execute("DELETE FROM evaluation_dataset_experiments WHERE experiment_id = ?", {experiment_id}));
  RETURN_IF_ERROR(
      tx.execute("DELETE FROM scorer_versions WHERE scorer_id IN (SELECT id FROM scorers WHERE experiment_id = ?)",
                 {experiment_id}));
  return tx.execute("DELETE FROM scorers WHERE experiment_id = ?", {experiment_id}).status();
}

}  // namespace treadle::evaluation
