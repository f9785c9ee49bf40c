#include "domains/traces/assessments.h"

#include <array>
#include <cmath>

#include "base/ids.h"
#include "base/json.h"
#include "base/strings.h"
#include "domains/traces/service.h"
#include "domains/traces/store.h"
#include "storage/sql/in_list.h"

namespace treadle::traces {
namespace {

constexpr std::size_t kLongestId = 50, kLongestName = 250, kLongestText = 1'000'000, kMostMetadata = 1000;
constexpr double kExact = 9007199254740992;  // whole numbers below are exact
constexpr std::array<std::string_view, 5> kSources = {"HUMAN", "LLM_JUDGE", "AI_JUDGE", "CODE",
                                                      "SOURCE_TYPE_UNSPECIFIED"};
constexpr std::string_view kColumns =
    "id, trace_id, name, kind, value, error, source_type, source_id, span_id, rationale, overrides, valid, created_ms,"
    " updated_ms, metadata";

// What a search compares: of a string its text, of anything else its JSON.
std::string compared_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  // Clients send 9 as 9.0.
  if (value.is_number_float() && std::abs(value.get<double>()) < kExact &&
      value.get<double>() == std::trunc(value.get<double>()))
    return str_cat(static_cast<std::int64_t>(value.get<double>()));
  return to_text(value);
}

std::optional<double> compared_number(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

Json value_of(const Assessment& assessment) {
  const auto value = parse_json(assessment.value);
  return value.ok() ? *value : Json();
}

std::string metadata_text(const Assessment& assessment) {
  Json object = Json::object();
  for (const auto& [key, value] : assessment.metadata) object[key] = value;
  return to_text(object);
}

Assessment read_assessment(const sql::Row& row) {
  Assessment one{.id = row.string(0),
                 .trace_id = row.string(1),
                 .name = row.string(2),
                 .kind = row.string(3),
                 .value = row.string(4),
                 .error = row.optional_string(5),
                 .source_type = row.string(6),
                 .source_id = row.string(7),
                 .span_id = row.optional_string(8),
                 .rationale = row.optional_string(9),
                 .overrides = row.string(10),
                 .valid = row.integer(11) != 0,
                 .created_ms = row.integer(12),
                 .updated_ms = row.integer(13)};
  if (const auto metadata = parse_json(row.text(14)); metadata.ok()) {
    for (const auto& [key, value] : metadata->items()) one.metadata.emplace_back(key, value.get<std::string>());
  }
  return one;
}

Status check_length(std::string_view field, std::string_view text, std::size_t limit) {
  if (text.find('\0') != std::string_view::npos) return invalid_field(field, "must not contain the character NUL");
  if (text.size() <= limit) return ok_status();
  return invalid_field(field, "must have at most ", limit, " characters, got ", text.size());
}

Status no_assessment(const std::string& trace, const std::string& id) {
  return not_found("Assessment with ID '", id, "' not found for trace '", trace, "'");
}

}  // namespace

namespace store {

Status check_assessment(const Assessment& assessment) {
  if (assessment.name.empty()) return invalid_field("assessment_name", "must not be empty");
  RETURN_IF_ERROR(check_length("assessment_name", assessment.name, kLongestName));
  RETURN_IF_ERROR(check_length("assessment_id", assessment.id, kLongestId));
  RETURN_IF_ERROR(check_length("overrides", assessment.overrides, kLongestId));
  RETURN_IF_ERROR(check_length("span_id", assessment.span_id.value_or(""), kLongestId));
  RETURN_IF_ERROR(check_length("source.source_id", assessment.source_id, kLongestName));
  RETURN_IF_ERROR(check_length("value", assessment.value, kLongestText));
  RETURN_IF_ERROR(check_length("value", compared_text(value_of(assessment)), kLongestText));
  RETURN_IF_ERROR(check_length("error", assessment.error.value_or(""), kLongestText));
  RETURN_IF_ERROR(check_length("rationale", assessment.rationale.value_or(""), kLongestText));
  RETURN_IF_ERROR(check_length("metadata", metadata_text(assessment), kLongestText));
  if (assessment.metadata.size() > kMostMetadata)
    return invalid_field("metadata", "holds more than ", kMostMetadata, " keys");
  for (const std::string_view known : kSources) {
    if (known == assessment.source_type) return ok_status();
  }
  return invalid_field("source.source_type", "must be HUMAN, LLM_JUDGE, CODE or SOURCE_TYPE_UNSPECIFIED, got \"",
                       assessment.source_type, "\"");
}

Status put_assessment(sql::Connection& tx, const Assessment& one) {
  const Json value = value_of(one);
  ASSIGN_OR_RETURN(
      const std::int64_t inserted,
      tx.execute(str_cat("INSERT INTO assessments(", kColumns, ", text, number)",
                         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING"),
                 {one.id, one.trace_id, one.name, one.kind, one.value, one.error, one.source_type, one.source_id,
                  one.span_id, one.rationale, one.overrides, one.valid, one.created_ms, one.updated_ms,
                  metadata_text(one), compared_text(value), compared_number(value)}));
  if (inserted > 0) return ok_status();
  ASSIGN_OR_RETURN(const auto owner, tx.query_text("SELECT trace_id FROM assessments WHERE id = ?", {one.id}));
  if (owner == one.trace_id) return ok_status();
  return invalid_field("assessment_id", "\"", one.id, "\" is an assessment of another trace");
}

StatusOr<std::vector<Assessment>> load_assessments(sql::Connection& connection,
                                                   const std::vector<std::string>& traces) {
  std::vector<Assessment> found;
  RETURN_IF_ERROR(sql::in_chunks(traces, [&](const sql::InList& ids) {
    return connection.query(
        str_cat("SELECT ", kColumns, " FROM assessments WHERE trace_id IN (", ids.marks, ") ORDER BY created_ms, id"),
        ids.values, [&](const sql::Row& row) {
          found.push_back(read_assessment(row));
          return ok_status();
        });
  }));
  return found;
}

StatusOr<std::optional<Assessment>> find_assessment(sql::Connection& connection, const std::string& trace,
                                                    const std::string& id) {
  std::optional<Assessment> found;
  RETURN_IF_ERROR(connection.query(str_cat("SELECT ", kColumns, " FROM assessments WHERE trace_id = ? AND id = ?"),
                                   {trace, id}, [&](const sql::Row& row) {
                                     found = read_assessment(row);
                                     return ok_status();
                                   }));
  return found;
}

Status replace_assessment(sql::Connection& tx, const Assessment& one) {
  const Json value = value_of(one);
  return tx
      .execute(
          "UPDATE assessments SET name = ?, value = ?, error = ?, rationale = ?, updated_ms = ?, metadata = ?, text = "
          "?,"
          " number = ? WHERE trace_id = ? AND id = ?",
          {one.name, one.value, one.error, one.rationale, one.updated_ms, metadata_text(one), compared_text(value),
           compared_number(value), one.trace_id, one.id})
      .status();
}

Status remove_assessment(sql::Connection& tx, const Assessment& one) {
  if (!one.overrides.empty()) RETURN_IF_ERROR(set_valid(tx, one.trace_id, one.overrides, true).status());
  return tx.execute("DELETE FROM assessments WHERE trace_id = ? AND id = ?", {one.trace_id, one.id}).status();
}

StatusOr<bool> set_valid(sql::Connection& tx, const std::string& trace, const std::string& id, bool valid) {
  ASSIGN_OR_RETURN(const std::int64_t changed,
                   tx.execute("UPDATE assessments SET valid = ? WHERE trace_id = ? AND id = ?", {valid, trace, id}));
  return changed > 0;
}

}  // namespace store

void Service::complete(Assessment& assessment) const {
  if (assessment.id.empty()) assessment.id = "a-" + new_ordered_hex_id();
  if (assessment.created_ms == 0) assessment.created_ms = clock_.now_ms();
  if (assessment.updated_ms == 0) assessment.updated_ms = assessment.created_ms;
}

StatusOr<Assessment> Service::assess(const Assessment& given) {
  RETURN_IF_ERROR(store::check_assessment(given));
  Assessment assessment = given;
  complete(assessment);
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::must_exist(tx, {given.trace_id}));
    if (!given.overrides.empty()) {
      ASSIGN_OR_RETURN(const bool replaced, store::set_valid(tx, given.trace_id, given.overrides, false));
      if (!replaced) return no_assessment(given.trace_id, given.overrides);
    }
    return store::put_assessment(tx, assessment);
  }));
  return assessment;
}

StatusOr<Assessment> Service::get_assessment(const std::string& trace_id, const std::string& id) {
  StatusOr<Assessment> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = existing(connection, trace_id, id);
    return ok_status();
  }));
  return found;
}

StatusOr<Assessment> Service::change_assessment(const std::string& trace_id, const std::string& id,
                                                const AssessmentChange& change) {
  StatusOr<Assessment> changed = internal_error("");
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    changed = existing(tx, trace_id, id);
    RETURN_IF_ERROR(changed);
    if (!change.kind.empty() && change.kind != changed->kind) {
      return invalid_field(change.kind, "Cannot update ", change.kind, " value on an assessment that is ",
                           changed->kind, ".");
    }
    if (change.value) {
      changed->value = *change.value;
      changed->error = change.error;
    }
    if (change.name) changed->name = *change.name;
    if (change.rationale && changed->kind == "feedback") changed->rationale = change.rationale;
    for (const auto& [key, value] : change.metadata) {
      std::erase_if(changed->metadata, [&](const auto& entry) { return entry.first == key; });
      changed->metadata.emplace_back(key, value);
    }
    changed->updated_ms = clock_.now_ms();
    RETURN_IF_ERROR(store::check_assessment(*changed));
    return store::replace_assessment(tx, *changed);
  }));
  return changed;
}

Status Service::delete_assessment(const std::string& trace_id, const std::string& id) {
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto found, store::find_assessment(tx, trace_id, id));
    return found ? store::remove_assessment(tx, *found) : ok_status();
  });
}

StatusOr<Assessment> Service::existing(sql::Connection& connection, const std::string& trace_id,
                                       const std::string& id) {
  ASSIGN_OR_RETURN(auto found, store::find_assessment(connection, trace_id, id));
  if (found) return *std::move(found);
  RETURN_IF_ERROR(store::must_exist(connection, {trace_id}));
  return no_assessment(trace_id, id);
}

}  // namespace treadle::traces
