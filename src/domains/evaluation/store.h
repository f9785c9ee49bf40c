// The tables of evaluation. Every function runs inside the caller's read or transaction.
#pragma once

#include <map>

#include "base/status.h"
#include "domains/evaluation/types.h"
#include "storage/sql/database.h"

namespace treadle::evaluation::store {

const std::vector<sql::Migration>& migrations();

Status insert_dataset(sql::Connection& tx, const Dataset& dataset);
// Digest, schema, counts, times, users.
Status update_dataset(sql::Connection& tx, const Dataset& dataset);
Status delete_dataset(sql::Connection& tx, const std::string& id);
// Those that are there, whole, in the order of the ids.
StatusOr<std::vector<Dataset>> load_datasets(sql::Connection& connection, const std::vector<std::string>& ids);
// A page of ids and one more.
StatusOr<std::vector<std::string>> find(sql::Connection& connection, const Query& query);
Status put_tags(sql::Connection& tx, const std::string& id, const Pairs& tags);
Status delete_tag(sql::Connection& tx, const std::string& id, const std::string& key);
// Those that are there already stay where they are.
Status add_experiments(sql::Connection& tx, const std::string& id, const std::vector<std::string>& experiment_ids);
Status remove_experiments(sql::Connection& tx, const std::string& id, const std::vector<std::string>& experiment_ids);
// An error names the first that does not exist.
Status check_experiments(sql::Connection& connection, const std::vector<std::string>& experiment_ids);

// record_store.cc
StatusOr<std::map<std::string, Record>> records_with(sql::Connection& connection, const std::string& dataset_id,
                                                     const std::vector<std::string>& hashes);
Status put_records(sql::Connection& tx, const std::string& dataset_id, const std::vector<Record>& records);
StatusOr<std::vector<Record>> load_records(sql::Connection& connection, const std::string& dataset_id,
                                           std::int64_t after, std::int64_t limit);
StatusOr<std::int64_t> last_position(sql::Connection& connection, const std::string& dataset_id);
StatusOr<std::int64_t> delete_records(sql::Connection& tx, const std::string& dataset_id,
                                      const std::vector<std::string>& ids);

}  // namespace treadle::evaluation::store
