#include "domains/evaluation/scorers.h"

#include "base/ids.h"
#include "base/strings.h"
#include "storage/sql/in_list.h"

namespace treadle::evaluation {
namespace {

constexpr std::size_t kLongestName = 256;

Status missing(const std::string& experiment_id, const std::string& name, std::optional<std::int64_t> version) {
  return not_found("Scorer with name '", name, "'", version ? str_cat(" and version ", *version) : "",
                   " not found for experiment ", experiment_id, ".");
}

Status check(const std::string& name, const std::string& body) {
  if (trim(name).empty()) return invalid_field("name", "Scorer name cannot be empty or contain only whitespace.");
  if (name.size() > kLongestName) return invalid_field("name", "must have at most ", kLongestName, " bytes");
  if (body.size() > Scorers::kLargest)
    return invalid_field("serialized_scorer", "must have at most ", Scorers::kLargest, " bytes");
  const auto parsed = parse_json(body);
  if (!parsed.ok() || !parsed->is_object())
    return invalid_field("serialized_scorer", "serialized_scorer must be valid JSON: an object");
  return ok_status();
}

StatusOr<std::vector<ScorerVersion>> query(sql::Connection& connection, std::string_view rest,
                                           const sql::Values& values) {
  std::vector<ScorerVersion> found;
  RETURN_IF_ERROR(connection.query(str_cat("SELECT s.id, s.experiment_id, s.name, v.body, v.version, v.created_ms"
                                           " FROM scorers s JOIN scorer_versions v ON v.scorer_id = s.id ",
                                           rest),
                                   values, [&](const sql::Row& row) {
                                     found.push_back({.scorer_id = row.string(0),
                                                      .experiment_id = row.string(1),
                                                      .name = row.string(2),
                                                      .body = row.string(3),
                                                      .version = row.integer(4),
                                                      .created_ms = row.integer(5)});
                                     return ok_status();
                                   }));
  return found;
}

constexpr std::string_view kNewest =
    "v.version = (SELECT MAX(w.version) FROM scorer_versions w WHERE w.scorer_id = s.id)";
// Ids are numbers as text.
constexpr std::string_view kInOrder = " ORDER BY LENGTH(s.experiment_id), s.experiment_id, s.name";

// The id of the scorer, made when there is none.
StatusOr<std::string> ensure(sql::Connection& tx, const std::string& experiment_id, const std::string& name) {
  ASSIGN_OR_RETURN(auto id,
                   tx.query_text("SELECT id FROM scorers WHERE experiment_id = ? AND name = ?", {experiment_id, name}));
  if (id) return *std::move(id);
  std::string made = hex_to_uuid(new_hex_id());
  RETURN_IF_ERROR(
      tx.execute("INSERT INTO scorers(id, experiment_id, name) VALUES (?, ?, ?)", {made, experiment_id, name}));
  return made;
}

}  // namespace

StatusOr<std::string> Scorers::active(const std::string& experiment_id) {
  ASSIGN_OR_RETURN(const auto experiment, tracking_.get_experiment(experiment_id));
  if (experiment.deleted)
    return invalid_field("experiment_id", "The experiment ", experiment.id,
                         " must be in the 'active' state. Current state is deleted.");
  return experiment.id;
}

StatusOr<ScorerVersion> Scorers::add(const std::string& experiment_id, const std::string& name,
                                     const std::string& body) {
  RETURN_IF_ERROR(check(name, body));
  ScorerVersion scorer{.name = name, .body = body, .created_ms = clock_.now_ms()};
  ASSIGN_OR_RETURN(scorer.experiment_id, active(experiment_id));
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(scorer.scorer_id, ensure(tx, scorer.experiment_id, name));
    ASSIGN_OR_RETURN(const auto last, tx.query_integer("SELECT MAX(version) FROM scorer_versions WHERE scorer_id = ?",
                                                       {scorer.scorer_id}));
    scorer.version = last.value_or(0) + 1;
    if (scorer.version > kMostVersions)
      return resource_exhausted("the scorer has ", kMostVersions, " versions already; delete it first");
    return tx
        .execute("INSERT INTO scorer_versions(scorer_id, version, body, created_ms) VALUES (?, ?, ?, ?)",
                 {scorer.scorer_id, scorer.version, body, scorer.created_ms})
        .status();
  }));
  return scorer;
}

StatusOr<std::vector<ScorerVersion>> Scorers::list(const std::string& experiment_id) {
  ASSIGN_OR_RETURN(const std::string id, active(experiment_id));
  return list_of({id});
}

StatusOr<std::vector<ScorerVersion>> Scorers::list_of(const std::vector<std::string>& experiment_ids) {
  if (experiment_ids.size() > kMostExperiments)
    return invalid_field("experiment_ids", "must be at most ", kMostExperiments);
  std::string where = str_cat(
      "WHERE ", kNewest, " AND s.experiment_id IN (SELECT CAST(e.id AS TEXT) FROM experiments e WHERE e.deleted = 0)");
  const sql::InList ids = sql::in_list(experiment_ids);
  if (!experiment_ids.empty()) str_append(&where, " AND s.experiment_id IN (", ids.marks, ")");
  std::vector<ScorerVersion> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, query(connection, where + std::string(kInOrder), ids.values));
    return ok_status();
  }));
  return found;
}

StatusOr<std::vector<ScorerVersion>> Scorers::versions(const std::string& experiment_id, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string id, active(experiment_id));
  std::vector<ScorerVersion> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found,
                     query(connection, "WHERE s.experiment_id = ? AND s.name = ? ORDER BY v.version", {id, name}));
    return ok_status();
  }));
  if (found.empty()) return missing(experiment_id, name, {});
  return found;
}

StatusOr<ScorerVersion> Scorers::get(const std::string& experiment_id, const std::string& name,
                                     std::optional<std::int64_t> version) {
  ASSIGN_OR_RETURN(const std::string id, active(experiment_id));
  sql::Values values = {id, name};
  if (version) values.emplace_back(*version);
  std::vector<ScorerVersion> found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(found, query(connection,
                                  str_cat("WHERE s.experiment_id = ? AND s.name = ? AND ",
                                          version ? std::string_view("v.version = ?") : kNewest),
                                  values));
    return ok_status();
  }));
  if (found.empty()) return missing(experiment_id, name, version);
  return std::move(found.front());
}

Status Scorers::remove(const std::string& experiment_id, const std::string& name, std::optional<std::int64_t> version) {
  ASSIGN_OR_RETURN(const std::string id, active(experiment_id));
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto scorer,
                     tx.query_text("SELECT id FROM scorers WHERE experiment_id = ? AND name = ?", {id, name}));
    if (!scorer) return missing(experiment_id, name, version);
    sql::Values values = {*scorer};
    if (version) values.emplace_back(*version);
    ASSIGN_OR_RETURN(const auto gone, tx.execute(str_cat("DELETE FROM scorer_versions WHERE scorer_id = ?",
                                                         version ? " AND version = ?" : ""),
                                                 values));
    if (gone == 0) return missing(experiment_id, name, version);
    if (version) return ok_status();
    return tx.execute("DELETE FROM scorers WHERE id = ?", {*scorer}).status();
  });
}

}  // namespace treadle::evaluation
