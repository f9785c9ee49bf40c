#include <algorithm>
#include <array>
#include <cctype>

#include "adapters/mlflow/evaluation.h"
#include "adapters/mlflow/versioned_routes.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

using evaluation::Dataset;
using evaluation::Datasets;
using evaluation::NewRecord;
using evaluation::Record;
using net::Method;

constexpr std::uint64_t kMostBytes = 64u << 20;
constexpr std::array<std::string_view, 5> kSourceTypes = {"UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE"};

Json dataset_form(const Dataset& dataset) {
  Json tags = Json::object();
  for (const auto& [key, value] : dataset.tags) tags[key] = value;
  Json json = {{"dataset_id", dataset.id},
               {"name", dataset.name},
               {"tags", to_text(tags)},
               {"digest", dataset.digest},
               {"created_time", dataset.created_ms},
               {"last_update_time", dataset.updated_ms},
               {"experiment_ids", dataset.experiment_ids}};
  if (!dataset.schema.empty()) json["schema"] = dataset.schema;
  if (dataset.records > 0) json["profile"] = str_cat("{\"num_records\": ", dataset.records, "}");
  if (dataset.created_by) json["created_by"] = *dataset.created_by;
  if (dataset.updated_by) json["last_updated_by"] = *dataset.updated_by;
  return json;
}

Json one(const Dataset& dataset) { return {{"dataset", dataset_form(dataset)}}; }

// The source of a record as clients ask for it: which trace or document it is.
void add_source(Json& json, const Json& source) {
  const Json& type = source["source_type"];
  const Json& data = source["source_data"];
  json["source"] = source;
  json["source_type"] = type;
  const auto id = data.find(type == "TRACE" ? "trace_id" : "source_id");
  if (id != data.end() && id->is_string()) json["source_id"] = *id;
}

Json record_form(const std::string& dataset_id, const Record& record) {
  Json json = {{"dataset_record_id", record.id},
               {"dataset_id", dataset_id},
               {"inputs", record.inputs},
               {"created_time", record.created_ms},
               {"last_update_time", record.updated_ms},
               {"tags", record.tags.is_null() ? Json::object() : record.tags}};
  if (!record.outputs.is_null()) json["outputs"] = record.outputs;
  if (!record.expectations.is_null()) json["expectations"] = record.expectations;
  if (!record.source.is_null()) add_source(json, record.source);
  if (record.created_by) json["created_by"] = *record.created_by;
  if (record.updated_by) json["last_updated_by"] = *record.updated_by;
  return json;
}

// Python writes a cell that a table lacks as NaN, which is not JSON: here it is null.
std::string without_nan(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!quoted && text.substr(i, 3) == "NaN") {
      plain += "null";
      i += 2;
      continue;
    }
    plain += text[i];
    if (quoted && text[i] == '\\' && i + 1 < text.size())
      plain += text[++i];
    else if (text[i] == '"')
      quoted = !quoted;
  }
  return plain;
}

// A field that is JSON text within the JSON.
StatusOr<Json> read_inner(const Json& arguments, std::string_view field) {
  ASSIGN_OR_RETURN(const std::string text, optional_string(arguments, field));
  if (text.empty()) return Json();
  auto inner = parse_json(without_nan(text));
  if (!inner.ok()) return invalid_field(field, "is not valid JSON: ", inner.status().message());
  return inner;
}

// Values as Python writes them as text; null leaves a tag out.
StatusOr<evaluation::Pairs> read_text_tags(const Json& arguments) {
  evaluation::Pairs tags;
  ASSIGN_OR_RETURN(const Json object, read_inner(arguments, "tags"));
  if (object.is_null()) return tags;
  if (!object.is_object()) return invalid_field("tags", "must be the text of a JSON object");
  for (const auto& [key, value] : object.items()) {
    if (value.is_null()) continue;
    if (value.is_structured()) return invalid_field("tags", "the value of \"", key, "\" must be a text");
    if (value.is_boolean())
      tags.emplace_back(key, value.get<bool>() ? "True" : "False");
    else
      tags.emplace_back(key, value.is_string() ? value.get<std::string>() : to_text(value));
  }
  return tags;
}

StatusOr<Json> read_source(const Json& given) {
  if (given.is_null()) return Json();
  if (!given.is_object()) return invalid_field("records", "a source must be an object");
  ASSIGN_OR_RETURN(std::string type, required_string(given, "source_type"));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::toupper(c); });
  if (std::find(kSourceTypes.begin(), kSourceTypes.end(), type) == kSourceTypes.end())
    return Status{StatusCode::kInvalidArgument,
                  str_cat("Invalid dataset record source type: ", std::string_view(type).substr(0, 200),
                          ". Valid source types: UNSPECIFIED, TRACE, HUMAN, DOCUMENT, CODE"),
                  "records"};
  ASSIGN_OR_RETURN(const Json* data, optional_object(given, "source_data"));
  return Json{{"source_type", type}, {"source_data", data == nullptr ? Json::object() : *data}};
}

Json take(Json& object, const char* field) {
  const auto it = object.find(field);
  return it == object.end() ? Json() : std::move(*it);
}

StatusOr<NewRecord> read_record(Json given) {
  if (!given.is_object()) return invalid_field("records", "must be a list of objects");
  NewRecord record;
  if (given.contains("inputs")) record.inputs = take(given, "inputs");
  record.has_outputs = given.contains("outputs");
  record.outputs = take(given, "outputs");
  record.expectations = take(given, "expectations");
  record.tags = take(given, "tags");
  ASSIGN_OR_RETURN(record.source, read_source(take(given, "source")));
  return record;
}

StatusOr<Json> create(Datasets& datasets, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string name, required_string(arguments, "name"));
  ASSIGN_OR_RETURN(const auto experiments, read_strings(arguments, "experiment_ids"));
  ASSIGN_OR_RETURN(const auto tags, read_text_tags(arguments));
  ASSIGN_OR_RETURN(const auto made, datasets.create(name, tags, experiments));
  return one(made);
}

StatusOr<Json> search(Datasets& datasets, const Json& arguments) {
  evaluation::Query query;
  ASSIGN_OR_RETURN(query.experiment_ids, read_strings(arguments, "experiment_ids"));
  ASSIGN_OR_RETURN(query.filter, optional_string(arguments, "filter_string"));
  ASSIGN_OR_RETURN(query.order_by, read_strings(arguments, "order_by"));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, 1000, Datasets::kMostFound));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  ASSIGN_OR_RETURN(const auto page, datasets.search(query));
  Json answer = {{"datasets", Json::array()}};
  for (const Dataset& dataset : page.items) answer["datasets"].push_back(dataset_form(dataset));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

using Id = const std::string&;

StatusOr<Json> get(Datasets& datasets, Id id, const Json&) {
  ASSIGN_OR_RETURN(const auto dataset, datasets.get(id));
  return one(dataset);
}

StatusOr<Json> remove(Datasets& datasets, Id id, const Json&) {
  RETURN_IF_ERROR(datasets.remove(id));
  return Json::object();
}

StatusOr<Json> set_tags(Datasets& datasets, Id id, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto tags, read_text_tags(arguments));
  RETURN_IF_ERROR(datasets.set_tags(id, tags));
  return Json::object();
}

StatusOr<Json> delete_tag(Datasets& datasets, Id id, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
  RETURN_IF_ERROR(datasets.delete_tag(id, key));
  return Json::object();
}

StatusOr<Json> upsert(Datasets& datasets, Id id, const Json& arguments) {
  ASSIGN_OR_RETURN(Json given, read_inner(arguments, "records"));
  if (!given.is_array()) return invalid_field("records", "must be the text of a JSON array");
  std::vector<NewRecord> records;
  records.reserve(given.size());
  for (Json& each : given) {
    ASSIGN_OR_RETURN(NewRecord record, read_record(std::move(each)));
    records.push_back(std::move(record));
  }
  ASSIGN_OR_RETURN(const auto counts, datasets.upsert(id, records));
  return Json{{"inserted_count", counts.inserted}, {"updated_count", counts.updated}};
}

StatusOr<Json> get_records(Datasets& datasets, Id id, const Json& arguments) {
  // A client may ask for more than a page holds: it then comes for the next.
  ASSIGN_OR_RETURN(std::int64_t limit, page_limit(arguments, Datasets::kMostRead, Datasets::kMostFound));
  limit = std::min(limit, Datasets::kMostRead);
  ASSIGN_OR_RETURN(const std::int64_t after, page_offset(arguments));
  ASSIGN_OR_RETURN(const auto page, datasets.records(id, after, limit));
  Json list = Json::array();
  for (const Record& record : page.items) list.push_back(record_form(id, record));
  Json answer = {{"records", to_text(list)}};
  if (page.next) answer["next_page_token"] = page_token(arguments, *page.next);
  return answer;
}

StatusOr<Json> delete_records(Datasets& datasets, Id id, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto ids, read_strings(arguments, "dataset_record_ids"));
  ASSIGN_OR_RETURN(const std::int64_t deleted, datasets.delete_records(id, ids));
  return Json{{"deleted_count", deleted}};
}

StatusOr<Json> experiment_ids(Datasets& datasets, Id id, const Json&) {
  ASSIGN_OR_RETURN(const auto dataset, datasets.get(id));
  return Json{{"experiment_ids", dataset.experiment_ids}};
}

template <auto change>
StatusOr<Json> change_experiments(Datasets& datasets, Id id, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto experiments, read_strings(arguments, "experiment_ids"));
  ASSIGN_OR_RETURN(const auto dataset, (datasets.*change)(id, experiments));
  return one(dataset);
}

}  // namespace

void add_evaluation_dataset_routes(net::Router& router, Datasets& datasets) {
  const Parameter experiments{"experiment_ids", Kind::kStrings}, token{"page_token"}, most{"max_results", Kind::kInt};
  const auto add = [&](Method method, std::string_view path, const Schema& schema, auto work) {
    add_versioned_route(router, method, "3.0", path, schema, kMostBytes,
                        [&datasets, work](const Json& arguments) { return work(datasets, arguments); });
  };
  const auto of = [&](Method method, std::string_view path, const Schema& schema, auto work) {
    add(method, path, schema, [work](Datasets& service, const Json& arguments) -> StatusOr<Json> {
      ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "dataset_id"));
      return work(service, id, arguments);
    });
  };
  const Schema search_schema = {experiments, {"filter_string"}, most, {"order_by", Kind::kStrings}, token};
  add(Method::kPost, "datasets/create", {{"name", Kind::kString, true}, experiments, {"tags"}}, create);
  add(Method::kPost, "datasets/search", search_schema, search);
  add(Method::kGet, "datasets/search", search_schema, search);
  of(Method::kGet, "datasets/{dataset_id}", {}, get);
  of(Method::kDelete, "datasets/{dataset_id}", {}, remove);
  of(Method::kPatch, "datasets/{dataset_id}/tags", {{"tags", Kind::kString, true}}, set_tags);
  of(Method::kDelete, "datasets/{dataset_id}/tags/{key}", {}, delete_tag);
  of(Method::kPost, "datasets/{dataset_id}/records", {{"records", Kind::kString, true}}, upsert);
  of(Method::kGet, "datasets/{dataset_id}/records", {most, token}, get_records);
  of(Method::kDelete, "datasets/{dataset_id}/records", {{"dataset_record_ids", Kind::kStrings}}, delete_records);
  of(Method::kGet, "datasets/{dataset_id}/experiment-ids", {}, experiment_ids);
  of(Method::kPost, "datasets/{dataset_id}/add-experiments", {experiments},
     change_experiments<&Datasets::add_experiments>);
  of(Method::kPost, "datasets/{dataset_id}/remove-experiments", {experiments},
     change_experiments<&Datasets::remove_experiments>);
}

}  // namespace treadle::mlflow
