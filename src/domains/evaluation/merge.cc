#include "domains/evaluation/merge.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/strings.h"
#include "domains/evaluation/datasets.h"

namespace treadle::evaluation {
namespace {

constexpr std::string_view kUser = "mlflow.user";

std::optional<std::string> user_of(const Json& tags) {
  if (!tags.is_object()) return std::nullopt;
  const auto it = tags.find(kUser);
  return it != tags.end() && it->is_string() ? std::optional(it->get<std::string>()) : std::nullopt;
}

void add_all(Json& to, const Json& from) {
  if (!from.is_object() || from.empty()) return;
  if (!to.is_object()) to = Json::object();
  to.update(from);
}

Record made_of(const NewRecord& given, std::string hash, std::int64_t position, std::int64_t now_ms) {
  const auto user = user_of(given.tags);
  return {.id = str_cat("dr-", new_hex_id()),
          .hash = std::move(hash),
          .position = position,
          .inputs = given.inputs,
          .outputs = given.has_outputs ? given.outputs : Json::object(),
          .expectations = given.expectations,
          .tags = given.tags,
          .source = given.source,
          .created_ms = now_ms,
          .updated_ms = now_ms,
          .created_by = user,
          .updated_by = user};
}

void merge_into(Record& record, const NewRecord& given, std::int64_t now_ms) {
  if (given.has_outputs) record.outputs = given.outputs;
  add_all(record.expectations, given.expectations);
  add_all(record.tags, given.tags);
  record.updated_ms = now_ms;
  if (const auto user = user_of(given.tags)) record.updated_by = user;
}

std::string_view type_name(const Json& value) {
  if (value.is_boolean()) return "boolean";
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "float";
  if (value.is_string()) return "string";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "null";
}

void extend_part(Json& part, const Json& fields) {
  if (!fields.is_object() || !part.is_object()) return;
  for (const auto& [key, value] : fields.items()) {
    if (!part.contains(key)) part[key] = type_name(value);
  }
}

Status must_be_object(const Json& value, std::size_t at, std::string_view field, bool needed) {
  if (value.is_object() || (value.is_null() && !needed)) return ok_status();
  return invalid_field("records", "[", at, "].", field, " must be an object, got ", type_name(value));
}

}  // namespace

std::string hash_of(const Json& inputs) { return sha256_hex(to_text(inputs)); }

Status check(const std::vector<NewRecord>& records) {
  if (records.size() > Datasets::kMostRecords)
    return invalid_field("records", "are ", records.size(), "; send at most ", Datasets::kMostRecords, " at a time");
  for (std::size_t i = 0; i < records.size(); ++i) {
    const NewRecord& record = records[i];
    RETURN_IF_ERROR(must_be_object(record.inputs, i, "inputs", true));
    RETURN_IF_ERROR(must_be_object(record.expectations, i, "expectations", false));
    RETURN_IF_ERROR(must_be_object(record.tags, i, "tags", false));
    std::size_t bytes = 0;
    for (const Json* part : {&record.inputs, &record.outputs, &record.expectations, &record.tags, &record.source})
      bytes += to_text(*part).size();
    if (bytes > Datasets::kLargestRecord)
      return invalid_field("records", "[", i, "] is larger than ", Datasets::kLargestRecord, " bytes");
  }
  return ok_status();
}

Merged merge(std::map<std::string, Record> there, const std::vector<NewRecord>& records, std::int64_t last_position,
             std::int64_t now_ms) {
  Merged merged;
  for (const NewRecord& given : records) {
    std::string hash = hash_of(given.inputs);
    if (const auto user = user_of(given.tags)) merged.user = user;
    if (const auto it = there.find(hash); it != there.end()) {
      merge_into(it->second, given, now_ms);
      ++merged.counts.updated;
      continue;
    }
    Record record = made_of(given, hash, ++last_position, now_ms);
    there.emplace(std::move(hash), std::move(record));
    ++merged.counts.inserted;
  }
  merged.records.reserve(there.size());
  for (auto& [hash, record] : there) merged.records.push_back(std::move(record));
  return merged;
}

StatusOr<std::string> extended(const std::string& schema, const std::vector<NewRecord>& records) {
  if (records.empty()) return schema;
  Json fields = {
      {"inputs", Json::object()}, {"outputs", Json::object()}, {"expectations", Json::object()}, {"version", "1.0"}};
  if (!schema.empty()) {
    ASSIGN_OR_RETURN(fields, parse_json_object(schema));
  }
  for (const NewRecord& record : records) {
    extend_part(fields["inputs"], record.inputs);
    extend_part(fields["expectations"], record.expectations);
    Json& outputs = fields["outputs"];
    if (record.outputs.is_object())
      extend_part(outputs, record.outputs);
    else if (!record.outputs.is_null() && outputs.empty())
      outputs = type_name(record.outputs);
  }
  std::string text = to_text(fields);
  if (text.size() > Datasets::kLongestSchema)
    return invalid_field("records", "bring too many different fields: the schema would exceed ",
                         Datasets::kLongestSchema, " bytes");
  return text;
}

}  // namespace treadle::evaluation
