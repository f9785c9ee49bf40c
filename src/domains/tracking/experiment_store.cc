#include <map>
#include <unordered_map>

#include "base/strings.h"
#include "domains/tracking/search_sql.h"
#include "domains/tracking/sql_store.h"
#include "storage/sql/in_list.h"

namespace treadle::tracking::store {
namespace {

Status unknown(const std::string& id) { return not_found("No Experiment with id=", id, " exists"); }

Status must_change(const StatusOr<std::int64_t>& changed, const std::string& id) {
  RETURN_IF_ERROR(changed);
  return *changed == 0 ? unknown(id) : ok_status();
}

}  // namespace

StatusOr<std::string> insert_experiment(sql::Connection& tx, const std::string& name, std::int64_t now_ms) {
  ASSIGN_OR_RETURN(const auto newest, tx.query_integer("SELECT MAX(id) FROM experiments"));
  const std::int64_t id = newest.value_or(0) + 1;
  RETURN_IF_ERROR(tx.execute("INSERT INTO experiments(id, name, created_ms, updated_ms) VALUES (?, ?, ?, ?)",
                             {id, name, now_ms, now_ms}));
  return str_cat(id);
}

StatusOr<Experiment> load_experiment(sql::Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(std::vector<Experiment> found, load_experiments(connection, {id}));
  if (found.empty()) return unknown(id);
  return std::move(found.front());
}

StatusOr<Experiment> load_active_experiment(sql::Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(Experiment experiment, load_experiment(connection, id));
  if (!experiment.deleted) return experiment;
  return invalid("The experiment ", experiment.id, " must be in the 'active' state. Current state is deleted.");
}

StatusOr<std::vector<Experiment>> load_experiments(sql::Connection& connection, const std::vector<std::string>& ids) {
  std::map<std::int64_t, Experiment> found;
  std::vector<std::string> numbers;
  for (const std::string& id : ids) {
    if (parse_int(id)) numbers.push_back(id);
  }
  RETURN_IF_ERROR(sql::in_chunks(numbers, [&](sql::InList some) -> Status {
    for (sql::Value& value : some.values) value = *parse_int(std::get<std::string>(value.data()));
    RETURN_IF_ERROR(connection.query(
        str_cat("SELECT id, name, deleted, created_ms, updated_ms FROM experiments WHERE id IN (", some.marks, ")"),
        some.values, [&](const sql::Row& row) {
          const std::int64_t id = row.integer(0);
          found[id] = {str_cat(id), row.string(1), row.integer(2) != 0, row.integer(3), row.integer(4), {}};
          return ok_status();
        }));
    return connection.query(str_cat("SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id IN (",
                                    some.marks, ") ORDER BY experiment_id, key"),
                            some.values, [&](const sql::Row& row) {
                              found[row.integer(0)].tags.emplace_back(row.string(1), row.string(2));
                              return ok_status();
                            });
  }));
  std::vector<Experiment> in_order;
  for (const std::string& id : numbers) {
    const auto at = found.find(*parse_int(id));
    if (at != found.end()) in_order.push_back(at->second);
  }
  return in_order;
}

StatusOr<std::vector<std::int64_t>> count_runs(sql::Connection& connection,
                                               const std::vector<std::string>& experiment_ids) {
  std::unordered_map<std::string, std::int64_t> found;
  RETURN_IF_ERROR(sql::in_chunks(experiment_ids, [&](const sql::InList& some) {
    return connection.query(str_cat("SELECT experiment_id, COUNT(*) FROM runs WHERE deleted = 0 AND experiment_id IN (",
                                    some.marks, ") GROUP BY experiment_id"),
                            some.values, [&](const sql::Row& row) {
                              found[row.string(0)] = row.integer(1);
                              return ok_status();
                            });
  }));
  std::vector<std::int64_t> counts;
  counts.reserve(experiment_ids.size());
  for (const std::string& id : experiment_ids) counts.push_back(found[id]);
  return counts;
}

StatusOr<std::optional<std::string>> find_experiment(sql::Connection& connection, const std::string& name) {
  ASSIGN_OR_RETURN(const auto id, connection.query_integer("SELECT id FROM experiments WHERE name = ?", {name}));
  return id ? std::optional(str_cat(*id)) : std::nullopt;
}

StatusOr<Page<Experiment>> search_experiments(sql::Connection& connection, const ExperimentQuery& query) {
  ExperimentQuery one_more = query;
  ++one_more.limit;
  ASSIGN_OR_RETURN(const SqlText sql, experiment_search_sql(one_more, connection.dialect()));
  std::vector<std::string> ids;
  RETURN_IF_ERROR(connection.query(sql.text, sql.values, [&](const sql::Row& row) {
    ids.push_back(str_cat(row.integer(0)));
    return ok_status();
  }));
  Page<Experiment> page;
  page.more = ids.size() > static_cast<std::size_t>(query.limit);
  if (page.more) ids.pop_back();
  ASSIGN_OR_RETURN(page.items, load_experiments(connection, ids));
  return page;
}

Status rename_experiment(sql::Connection& tx, const std::string& id, const std::string& name, std::int64_t now_ms) {
  return must_change(tx.execute("UPDATE experiments SET name = ?, updated_ms = ? WHERE id = ?",
                                {name, now_ms, parse_int(id).value_or(-1)}),
                     id);
}

Status mark_experiment(sql::Connection& tx, const std::string& id, bool deleted, std::int64_t now_ms) {
  // Only what changes: restoring an active experiment must not bring back the runs that were deleted in it.
  RETURN_IF_ERROR(
      must_change(tx.execute("UPDATE experiments SET deleted = ?, updated_ms = ? WHERE id = ? AND deleted = ?",
                             {deleted, now_ms, parse_int(id).value_or(-1), !deleted}),
                  id));
  return tx.execute("UPDATE runs SET deleted = ? WHERE experiment_id = ?", {deleted, id}).status();
}

Status put_experiment_tag(sql::Connection& tx, const std::string& id, const std::string& key,
                          const std::string& value) {
  return tx
      .execute(
          "INSERT INTO experiment_tags(experiment_id, key, value) VALUES (?, ?, ?)"
          " ON CONFLICT(experiment_id, key) DO UPDATE SET value = excluded.value",
          {parse_int(id).value_or(-1), key, value})
      .status();
}

Status put_experiment_row(sql::Connection& tx, const std::string& id, const Experiment& experiment) {
  return tx
      .execute("UPDATE experiments SET deleted = ?, created_ms = ?, updated_ms = ? WHERE id = ?",
               {experiment.deleted, experiment.created_ms, experiment.updated_ms, parse_int(id).value_or(-1)})
      .status();
}

StatusOr<bool> remove_experiment_tag(sql::Connection& tx, const std::string& id, const std::string& key) {
  ASSIGN_OR_RETURN(
      const std::int64_t changed,
      tx.execute("DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?", {parse_int(id).value_or(-1), key}));
  return changed > 0;
}

}  // namespace treadle::tracking::store
