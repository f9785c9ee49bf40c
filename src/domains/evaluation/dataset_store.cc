#include <algorithm>
#include <set>

#include "base/strings.h"
#include "domains/evaluation/store.h"
#include "storage/sql/in_list.h"

namespace treadle::evaluation::store {
namespace {

constexpr std::string_view kColumns =
    "id, name, digest, record_schema, records, created_ms, updated_ms, created_by, updated_by";

using Found = std::map<std::string, Dataset, std::less<>>;

Dataset read_dataset(const sql::Row& row) {
  return {.id = row.string(0),
          .name = row.string(1),
          .digest = row.string(2),
          .schema = row.string(3),
          .records = row.integer(4),
          .created_ms = row.integer(5),
          .updated_ms = row.integer(6),
          .created_by = row.optional_string(7),
          .updated_by = row.optional_string(8)};
}

Status load_some(sql::Connection& connection, const sql::InList& ids, Found& found) {
  RETURN_IF_ERROR(
      connection.query(str_cat("SELECT ", kColumns, " FROM evaluation_datasets WHERE id IN (", ids.marks, ")"),
                       ids.values, [&](const sql::Row& row) {
                         found.emplace(row.string(0), read_dataset(row));
                         return ok_status();
                       }));
  RETURN_IF_ERROR(connection.query(str_cat("SELECT dataset_id, key, value FROM evaluation_dataset_tags"
                                           " WHERE dataset_id IN (",
                                           ids.marks, ") ORDER BY dataset_id, key"),
                                   ids.values, [&](const sql::Row& row) {
                                     found.find(row.text(0))->second.tags.emplace_back(row.string(1), row.string(2));
                                     return ok_status();
                                   }));
  return connection.query(str_cat("SELECT dataset_id, experiment_id FROM evaluation_dataset_experiments"
                                  " WHERE dataset_id IN (",
                                  ids.marks, ") ORDER BY dataset_id, position"),
                          ids.values, [&](const sql::Row& row) {
                            found.find(row.text(0))->second.experiment_ids.push_back(row.string(1));
                            return ok_status();
                          });
}

}  // namespace

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {
      {1,
       "CREATE TABLE evaluation_datasets(id TEXT PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL,"
       " record_schema TEXT NOT NULL, records BIGINT NOT NULL, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,"
       " created_by TEXT, updated_by TEXT);"
       "CREATE INDEX evaluation_datasets_by_time ON evaluation_datasets(created_ms, id);"
       "CREATE INDEX evaluation_datasets_by_name ON evaluation_datasets(name);"
       "CREATE TABLE evaluation_dataset_tags(dataset_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
       " PRIMARY KEY(dataset_id, key));"
       "CREATE TABLE evaluation_dataset_experiments(dataset_id TEXT NOT NULL, experiment_id TEXT NOT NULL,"
       " position BIGINT NOT NULL, PRIMARY KEY(dataset_id, experiment_id));"
       "CREATE INDEX evaluation_datasets_of ON evaluation_dataset_experiments(experiment_id);"
       "CREATE TABLE evaluation_records(id TEXT PRIMARY KEY, dataset_id TEXT NOT NULL, hash TEXT NOT NULL,"
       " position BIGINT NOT NULL, inputs TEXT NOT NULL, outputs TEXT, expectations TEXT, tags TEXT, source TEXT,"
       " created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, created_by TEXT, updated_by TEXT,"
       " UNIQUE(dataset_id, hash), UNIQUE(dataset_id, position));"
       "CREATE TABLE scorers(id TEXT PRIMARY KEY, experiment_id TEXT NOT NULL, name TEXT NOT NULL,"
       " UNIQUE(experiment_id, name));"
       "CREATE TABLE scorer_versions(scorer_id TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL,"
       " created_ms BIGINT NOT NULL, PRIMARY KEY(scorer_id, version))"}};
  return list;
}

Status insert_dataset(sql::Connection& tx, const Dataset& dataset) {
  return tx
      .execute(str_cat("INSERT INTO evaluation_datasets(", kColumns, ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
               {dataset.id, dataset.name, dataset.digest, dataset.schema, dataset.records, dataset.created_ms,
                dataset.updated_ms, dataset.created_by, dataset.updated_by})
      .status();
}

Status update_dataset(sql::Connection& tx, const Dataset& dataset) {
  return tx
      .execute(
          "UPDATE evaluation_datasets SET digest = ?, record_schema = ?, records = ?, updated_ms = ?,"
          " updated_by = ? WHERE id = ?",
          {dataset.digest, dataset.schema, dataset.records, dataset.updated_ms, dataset.updated_by, dataset.id})
      .status();
}

Status delete_dataset(sql::Connection& tx, const std::string& id) {
  for (const std::string_view table :
       {"evaluation_records", "evaluation_dataset_tags", "evaluation_dataset_experiments"}) {
    RETURN_IF_ERROR(tx.execute(str_cat("DELETE FROM ", table, " WHERE dataset_id = ?"), {id}));
  }
  return tx.execute("DELETE FROM evaluation_datasets WHERE id = ?", {id}).status();
}

StatusOr<std::vector<Dataset>> load_datasets(sql::Connection& connection, const std::vector<std::string>& ids) {
  Found found;
  RETURN_IF_ERROR(sql::in_chunks(ids, [&](const sql::InList& some) { return load_some(connection, some, found); }));
  std::vector<Dataset> datasets;
  for (const std::string& id : ids) {
    if (const auto it = found.find(id); it != found.end()) datasets.push_back(std::move(it->second));
  }
  return datasets;
}

Status put_tags(sql::Connection& tx, const std::string& id, const Pairs& tags) {
  sql::Values values;
  for (const auto& [key, value] : tags) {
    for (const std::string& each : {id, key, value}) values.emplace_back(each);
  }
  return sql::insert_rows(tx, "INSERT INTO evaluation_dataset_tags(dataset_id, key, value) VALUES ", 3, values,
                          " ON CONFLICT(dataset_id, key) DO UPDATE SET value = excluded.value")
      .status();
}

Status delete_tag(sql::Connection& tx, const std::string& id, const std::string& key) {
  return tx.execute("DELETE FROM evaluation_dataset_tags WHERE dataset_id = ? AND key = ?", {id, key}).status();
}

Status add_experiments(sql::Connection& tx, const std::string& id, const std::vector<std::string>& experiment_ids) {
  if (experiment_ids.empty()) return ok_status();
  ASSIGN_OR_RETURN(
      const auto last,
      tx.query_integer("SELECT MAX(position) FROM evaluation_dataset_experiments WHERE dataset_id = ?", {id}));
  sql::Values values;
  std::int64_t position = last.value_or(0);
  for (const std::string& experiment : experiment_ids) {
    values.emplace_back(id);
    values.emplace_back(experiment);
    values.emplace_back(++position);
  }
  return sql::insert_rows(tx, "INSERT INTO evaluation_dataset_experiments(dataset_id, experiment_id, position) VALUES ",
                          3, values, " ON CONFLICT DO NOTHING")
      .status();
}

Status remove_experiments(sql::Connection& tx, const std::string& id, const std::vector<std::string>& experiment_ids) {
  return sql::in_chunks(experiment_ids, [&](const sql::InList& some) {
    sql::Values values = some.values;
    values.emplace_back(id);
    return tx
        .execute(str_cat("DELETE FROM evaluation_dataset_experiments WHERE experiment_id IN (", some.marks,
                         ") AND dataset_id = ?"),
                 values)
        .status();
  });
}

Status check_experiments(sql::Connection& connection, const std::vector<std::string>& experiment_ids) {
  std::set<std::int64_t> there;
  RETURN_IF_ERROR(sql::in_chunks(experiment_ids, [&](const sql::InList& some) {
    // The ids of experiments are numbers; what is none is not there.
    sql::Values numbers;
    for (const sql::Value& id : some.values)
      numbers.emplace_back(parse_int(std::get<std::string>(id.data())).value_or(-1));
    return connection.query(str_cat("SELECT id FROM experiments WHERE id IN (", some.marks, ")"), numbers,
                            [&](const sql::Row& row) {
                              there.insert(row.integer(0));
                              return ok_status();
                            });
  }));
  for (const std::string& id : experiment_ids) {
    if (!there.contains(parse_int(id).value_or(-1))) return not_found("No Experiment with id=", id, " exists");
  }
  return ok_status();
}

}  // namespace treadle::evaluation::store
