#include "adapters/mlflow/assessment_forms.h"

#include <array>

#include "adapters/mlflow/protocol.h"
#include "base/strings.h"
#include "base/time.h"

namespace treadle::mlflow {
namespace {

constexpr std::string_view kFormat = "JSON_FORMAT";
constexpr std::array<std::string_view, 3> kKinds = {"feedback", "expectation", "issue"};

Json parsed(const std::string& text) {
  const auto value = parse_json(text);
  return value.ok() ? *value : Json();
}

Json value_form(const traces::Assessment& assessment) {
  Json value = parsed(assessment.value);
  if (assessment.kind == "issue") return {{"issue_name", value}};
  if (assessment.kind == "expectation" && value.is_structured())
    return {{"serialized_value", {{"serialization_format", kFormat}, {"value", assessment.value}}}};
  Json form = {{"value", std::move(value)}};
  if (assessment.error) form["error"] = parsed(*assessment.error);
  return form;
}

struct Given {
  std::string kind;
  std::string value;
  std::optional<std::string> error = {};
};

StatusOr<Given> read_feedback(const Json& json) {
  Given given{"feedback", "null"};
  if (const auto value = json.find("value"); value != json.end()) given.value = to_text(*value);
  ASSIGN_OR_RETURN(const Json* error, optional_object(json, "error"));
  if (error != nullptr) given.error = to_text(*error);
  return given;
}

StatusOr<Given> read_expectation(const Json& json) {
  Given given{"expectation", "null"};
  if (const auto value = json.find("value"); value != json.end()) given.value = to_text(*value);
  ASSIGN_OR_RETURN(const Json* serialized, optional_object(json, "serialized_value"));
  if (serialized == nullptr) return given;
  ASSIGN_OR_RETURN(const std::string format, optional_string(*serialized, "serialization_format"));
  if (format != kFormat) {
    return invalid_field("serialization_format", "Unknown serialization format: ", format,
                         ". Only JSON_FORMAT is supported.");
  }
  ASSIGN_OR_RETURN(given.value, required_string(*serialized, "value"));
  if (!parse_json(given.value).ok()) return invalid_field("serialized_value.value", "must be JSON");
  return given;
}

// Which of the three it is, and its value.
StatusOr<Given> read_value(const Json& json) {
  for (const std::string_view kind : kKinds) {
    ASSIGN_OR_RETURN(const Json* given, optional_object(json, kind));
    if (given == nullptr) continue;
    if (kind == "feedback") return read_feedback(*given);
    if (kind == "expectation") return read_expectation(*given);
    ASSIGN_OR_RETURN(const std::string name, required_string(*given, "issue_name"));
    return Given{"issue", to_text(Json(name))};
  }
  return invalid_field("assessment", "must hold feedback, an expectation or an issue");
}

StatusOr<std::int64_t> read_time(const Json& json, std::string_view field) {
  ASSIGN_OR_RETURN(const auto text, read_text(json, field));
  if (!text) return std::int64_t{0};
  const auto ms = parse_time(*text);
  if (!ms.ok()) return invalid_field(field, ms.status().message());
  return *ms;
}

// A mask is "assessmentName,feedback" in JSON; clients of other kinds write "assessment_name".
bool names(std::string_view path, std::string_view field) {
  return equals_ignore_case(replace_all(std::string(path), "_", ""), replace_all(std::string(field), "_", ""));
}

}  // namespace

Json assessment_form(const traces::Assessment& one) {
  Json json = {{"assessment_id", one.id},
               {"assessment_name", one.name},
               {"trace_id", one.trace_id},
               {"source", {{"source_type", one.source_type}, {"source_id", one.source_id}}},
               {"create_time", format_rfc3339(one.created_ms)},
               {"last_update_time", format_rfc3339(one.updated_ms)},
               {"valid", one.valid}};
  json[one.kind] = value_form(one);
  if (one.span_id) json["span_id"] = *one.span_id;
  if (one.rationale) json["rationale"] = *one.rationale;
  if (!one.overrides.empty()) json["overrides"] = one.overrides;
  if (!one.metadata.empty()) json["metadata"] = map_form(one.metadata);
  return json;
}

StatusOr<traces::Assessment> read_assessment(const Json& json) {
  if (!json.is_object()) return invalid_field("assessment", "must be an object");
  traces::Assessment one;
  ASSIGN_OR_RETURN(Given given, read_value(json));
  one.kind = std::move(given.kind);
  one.value = std::move(given.value);
  one.error = std::move(given.error);
  ASSIGN_OR_RETURN(one.id, optional_string(json, "assessment_id"));
  ASSIGN_OR_RETURN(one.trace_id, optional_string(json, "trace_id"));
  ASSIGN_OR_RETURN(one.name, required_string(json, "assessment_name"));
  ASSIGN_OR_RETURN(const Json* source, optional_object(json, "source"));
  one.source_type = "SOURCE_TYPE_UNSPECIFIED";
  if (source != nullptr) {
    ASSIGN_OR_RETURN(one.source_type, optional_string(*source, "source_type", one.source_type));
    ASSIGN_OR_RETURN(one.source_id, optional_string(*source, "source_id"));
  }
  ASSIGN_OR_RETURN(one.span_id, read_text(json, "span_id"));
  ASSIGN_OR_RETURN(one.rationale, read_text(json, "rationale"));
  ASSIGN_OR_RETURN(one.overrides, optional_string(json, "overrides"));
  ASSIGN_OR_RETURN(one.created_ms, read_time(json, "create_time"));
  ASSIGN_OR_RETURN(one.updated_ms, read_time(json, "last_update_time"));
  ASSIGN_OR_RETURN(one.metadata, read_map(json, "metadata"));
  return one;
}

StatusOr<traces::AssessmentChange> read_assessment_change(const Json& json, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string mask, required_string(arguments, "update_mask"));
  traces::AssessmentChange change;
  for (const std::string_view path : split(mask, ',')) {
    if (names(path, "assessment_name")) {
      ASSIGN_OR_RETURN(change.name, read_text(json, "assessment_name"));
    } else if (names(path, "rationale")) {
      ASSIGN_OR_RETURN(change.rationale, read_text(json, "rationale"));
      if (!change.rationale) change.rationale = "";  // named and not given: it is taken away
    } else if (names(path, "metadata")) {
      ASSIGN_OR_RETURN(change.metadata, read_map(json, "metadata"));
    } else if (names(path, "feedback") || names(path, "expectation")) {
      if (!change.kind.empty()) {
        return invalid_field("update_mask", "Cannot specify both `expectation` and `feedback` parameters.");
      }
      ASSIGN_OR_RETURN(Given given, read_value(json));
      change.kind = std::move(given.kind);
      change.value = std::move(given.value);
      change.error = std::move(given.error);
    }
  }
  return change;
}

}  // namespace treadle::mlflow
