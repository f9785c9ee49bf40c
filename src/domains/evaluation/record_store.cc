#include "base/strings.h"
#include "domains/evaluation/store.h"
#include "storage/sql/in_list.h"

namespace treadle::evaluation::store {
namespace {

constexpr std::string_view kColumns =
    "id, hash, position, inputs, outputs, expectations, tags, source, created_ms, updated_ms, created_by, updated_by";
constexpr std::size_t kRowsAtOnce = 200;

std::optional<std::string> text_of(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(to_text(value));
}

StatusOr<Json> read_json(const sql::Row& row, int column) {
  if (row.is_null(column)) return Json();
  return parse_json(row.text(column));
}

StatusOr<Record> read_record(const sql::Row& row) {
  Record record{.id = row.string(0), .hash = row.string(1), .position = row.integer(2)};
  ASSIGN_OR_RETURN(record.inputs, read_json(row, 3));
  ASSIGN_OR_RETURN(record.outputs, read_json(row, 4));
  ASSIGN_OR_RETURN(record.expectations, read_json(row, 5));
  ASSIGN_OR_RETURN(record.tags, read_json(row, 6));
  ASSIGN_OR_RETURN(record.source, read_json(row, 7));
  record.created_ms = row.integer(8);
  record.updated_ms = row.integer(9);
  record.created_by = row.optional_string(10);
  record.updated_by = row.optional_string(11);
  return record;
}

void append(sql::Values& values, const std::string& dataset_id, const Record& record) {
  for (sql::Value value :
       {sql::Value(record.id), sql::Value(record.hash), sql::Value(record.position), sql::Value(to_text(record.inputs)),
        sql::Value(text_of(record.outputs)), sql::Value(text_of(record.expectations)), sql::Value(text_of(record.tags)),
        sql::Value(text_of(record.source)), sql::Value(record.created_ms), sql::Value(record.updated_ms),
        sql::Value(record.created_by), sql::Value(record.updated_by), sql::Value(dataset_id)})
    values.push_back(std::move(value));
}

Status put_rows(sql::Connection& tx, const std::string& rows, const sql::Values& values) {
  return tx
      .execute(str_cat("INSERT INTO evaluation_records(", kColumns, ", dataset_id) VALUES ", rows,
                       " ON CONFLICT(id) DO UPDATE SET outputs = excluded.outputs, expectations ="
                       " excluded.expectations, tags = excluded.tags, updated_ms = excluded.updated_ms,"
                       " updated_by = excluded.updated_by"),
               values)
      .status();
}

}  // namespace

StatusOr<std::map<std::string, Record>> records_with(sql::Connection& connection, const std::string& dataset_id,
                                                     const std::vector<std::string>& hashes) {
  std::map<std::string, Record> found;
  RETURN_IF_ERROR(sql::in_chunks(hashes, [&](const sql::InList& some) {
    sql::Values values = some.values;
    values.emplace_back(dataset_id);
    return connection.query(
        str_cat("SELECT ", kColumns, " FROM evaluation_records WHERE hash IN (", some.marks, ") AND dataset_id = ?"),
        values, [&](const sql::Row& row) -> Status {
          ASSIGN_OR_RETURN(Record record, read_record(row));
          found.emplace(record.hash, std::move(record));
          return ok_status();
        });
  }));
  return found;
}

Status put_records(sql::Connection& tx, const std::string& dataset_id, const std::vector<Record>& records) {
  sql::Values values;
  std::string rows;
  for (std::size_t i = 0; i < records.size(); ++i) {
    append(values, dataset_id, records[i]);
    str_append(&rows, rows.empty() ? "" : ", ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if ((i + 1) % kRowsAtOnce != 0 && i + 1 != records.size()) continue;
    RETURN_IF_ERROR(put_rows(tx, rows, values));
    values.clear();
    rows.clear();
  }
  return ok_status();
}

StatusOr<std::vector<Record>> load_records(sql::Connection& connection, const std::string& dataset_id,
                                           std::int64_t after, std::int64_t limit) {
  std::vector<Record> records;
  RETURN_IF_ERROR(connection.query(str_cat("SELECT ", kColumns,
                                           " FROM evaluation_records WHERE dataset_id = ? AND position > ?"
                                           " ORDER BY position LIMIT ?"),
                                   {dataset_id, after, limit}, [&](const sql::Row& row) -> Status {
                                     ASSIGN_OR_RETURN(Record record, read_record(row));
                                     records.push_back(std::move(record));
                                     return ok_status();
                                   }));
  return records;
}

StatusOr<std::int64_t> last_position(sql::Connection& connection, const std::string& dataset_id) {
  ASSIGN_OR_RETURN(
      const auto last,
      connection.query_integer("SELECT MAX(position) FROM evaluation_records WHERE dataset_id = ?", {dataset_id}));
  return last.value_or(0);
}

StatusOr<std::int64_t> delete_records(sql::Connection& tx, const std::string& dataset_id,
                                      const std::vector<std::string>& ids) {
  std::int64_t deleted = 0;
  RETURN_IF_ERROR(sql::in_chunks(ids, [&](const sql::InList& some) -> Status {
    sql::Values values = some.values;
    values.emplace_back(dataset_id);
    ASSIGN_OR_RETURN(const auto gone, tx.execute(str_cat("DELETE FROM evaluation_records WHERE id IN (", some.marks,
                                                         ") AND dataset_id = ?"),
                                                 values));
    deleted += gone;
    return ok_status();
  }));
  return deleted;
}

}  // namespace treadle::evaluation::store
