#include "adapters/mlflow/request_schema.h"

#include <algorithm>
#include <map>

#include "base/strings.h"

namespace treadle::mlflow {
namespace {

constexpr bool kRequired = true;
// Of a refused value this much is shown.
constexpr std::size_t kShown = 500;

Parameter text(std::string_view name) { return {name, Kind::kString, kRequired}; }
Parameter maybe(std::string_view name, Kind kind = Kind::kString) { return {name, kind}; }
Parameter pairs(std::string_view name) { return {name, Kind::kArray, false, {text("key"), maybe("value")}}; }
Schema metric() {
  return {text("key"),
          {"value", Kind::kNumber, kRequired},
          {"timestamp", Kind::kInt, kRequired},
          maybe("step", Kind::kInt),
          maybe("model_id"),
          maybe("dataset_name"),
          maybe("dataset_digest")};
}
Schema with(Schema first, const Schema& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}
Schema page(Schema first, bool orders = true) {
  first.push_back(maybe("max_results", Kind::kInt));
  first.push_back(maybe("page_token"));
  if (orders) first.push_back(maybe("order_by", Kind::kStrings));
  return first;
}
Parameter models(bool required) {
  return {"models", Kind::kArray, required, {text("model_id"), maybe("step", Kind::kInt)}};
}

using Schemas = std::map<std::string_view, Schema>;

void add_experiments(Schemas& all) {
  const Schema one = {text("experiment_id")};
  all["experiments/create"] = {text("name"), maybe("artifact_location"), pairs("tags")};
  all["experiments/search"] = page({maybe("view_type", Kind::kAny), maybe("filter")});
  all["experiments/get"] = all["experiments/delete"] = all["experiments/restore"] = one;
  all["experiments/get-by-name"] = {text("experiment_name")};
  all["experiments/update"] = with(one, {text("new_name")});
  all["experiments/set-experiment-tag"] = with(one, {text("key"), maybe("value")});
  all["experiments/delete-experiment-tag"] = with(one, {text("key")});
  all["experiments/search-datasets"] = {maybe("experiment_ids", Kind::kStrings)};
}

void add_runs(Schemas& all) {
  const Schema one = {text("run_id")};
  all["runs/create"] = {maybe("experiment_id"), maybe("start_time", Kind::kInt), maybe("run_name"), maybe("user_id"),
                        pairs("tags")};
  all["runs/update"] = with(one, {maybe("status", Kind::kAny), maybe("end_time", Kind::kInt), maybe("run_name")});
  all["runs/get"] = all["runs/delete"] = all["runs/restore"] = one;
  all["runs/search"] =
      page({maybe("experiment_ids", Kind::kStrings), maybe("filter"), maybe("run_view_type", Kind::kAny)});
  all["runs/log-metric"] = with(one, metric());
  all["runs/log-parameter"] = all["runs/set-tag"] = with(one, {text("key"), maybe("value")});
  all["runs/delete-tag"] = with(one, {text("key")});
  all["runs/log-batch"] = with(one, {{"metrics", Kind::kArray, false, metric()}, pairs("params"), pairs("tags")});
  all["runs/log-inputs"] = with(one, {maybe("datasets", Kind::kArray), models(false)});
  all["runs/outputs"] = with(one, {models(kRequired)});
  all["runs/log-model"] = with(one, {text("model_json")});
  all["artifacts/list"] = with(one, {maybe("path"), maybe("page_token")});
  all["metrics/get-history"] = page(with(one, {text("metric_key")}), false);
  all["metrics/get-history-bulk"] = {maybe("run_id", Kind::kStrings), maybe("metric_key"),
                                     maybe("max_results", Kind::kInt)};
  all["metrics/get-history-bulk-interval"] = {{"run_ids", Kind::kStrings, kRequired},
                                              text("metric_key"),
                                              maybe("start_step", Kind::kInt),
                                              maybe("end_step", Kind::kInt),
                                              maybe("max_results", Kind::kInt)};
}

void add_logged_models(Schemas& all) {
  const Schema one = {text("model_id")};
  all["logged-models"] = {text("experiment_id"),  maybe("name"),   maybe("model_type"),
                          maybe("source_run_id"), pairs("params"), pairs("tags")};
  all["logged-models/search"] =
      page({{"experiment_ids", Kind::kStrings, kRequired},
            maybe("filter"),
            {"datasets", Kind::kArray, false, {text("dataset_name"), maybe("dataset_digest")}},
            {"order_by",
             Kind::kArray,
             false,
             {text("field_name"), maybe("ascending", Kind::kBool), maybe("dataset_name"), maybe("dataset_digest")}}},
           false);
  all["logged-models/{model_id}"] = with(one, {maybe("allow_deleted", Kind::kBool)});
  all["logged-models/{model_id}/tags"] = with(one, {pairs("tags")});
  all["logged-models/{model_id}/tags/{tag_key}"] = with(one, {text("tag_key")});
  all["logged-models/{model_id}/params"] = with(one, {pairs("params")});
  all["logged-models/{model_id}/artifacts/directories"] = with(one, {maybe("artifact_directory_path")});
}

void add_registry(Schemas& all) {
  const Schema model = {text("name")};
  // The number of a version is text in MLflow; a JSON number is taken too.
  const Schema version = {text("name"), {"version", Kind::kAny, kRequired}};
  const Schema search = page({maybe("filter")});
  all["registered-models/create"] = with(model, {pairs("tags"), maybe("description")});
  all["registered-models/get"] = all["registered-models/delete"] = model;
  all["registered-models/update"] = with(model, {maybe("description")});
  all["registered-models/rename"] = with(model, {text("new_name")});
  all["registered-models/search"] = all["model-versions/search"] = search;
  all["registered-models/get-latest-versions"] = with(model, {maybe("stages", Kind::kStrings)});
  all["registered-models/set-tag"] = with(model, {text("key"), maybe("value")});
  all["registered-models/delete-tag"] = with(model, {text("key")});
  all["registered-models/alias"] = with(model, {text("alias")});
  all["model-versions/create"] = with(model, {text("source"), maybe("run_id"), pairs("tags"), maybe("run_link"),
                                              maybe("description"), maybe("model_id")});
  all["model-versions/get"] = all["model-versions/delete"] = all["model-versions/get-download-uri"] = version;
  all["model-versions/update"] = with(version, {maybe("description")});
  all["model-versions/transition-stage"] =
      with(version, {text("stage"), maybe("archive_existing_versions", Kind::kBool)});
  all["model-versions/set-tag"] = with(version, {text("key"), maybe("value")});
  all["model-versions/delete-tag"] = with(version, {text("key")});
}

Schemas make_schemas() {
  Schemas all;
  add_experiments(all);
  add_runs(all);
  add_logged_models(all);
  add_registry(all);
  return all;
}

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

bool all_strings(const Json& list) {
  return std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
}

// What `value` should have been; empty when it is that.
std::string_view wrong_kind(Kind kind, const Json& value) {
  const std::string_view text = value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : "";
  switch (kind) {
    case Kind::kString:
      return value.is_string() ? "" : "it must be a string";
    case Kind::kInt: {
      const bool whole =
          value.is_number_integer() ||
          (value.is_number_float() && value.get<double>() == static_cast<double>(static_cast<std::int64_t>(
                                                                 std::clamp(value.get<double>(), -9e18, 9e18)))) ||
          parse_int(text);
      return whole ? "" : "it must be an integer";
    }
    case Kind::kNumber:
      return value.is_number() || parse_double(text) ? "" : "it must be a number";
    case Kind::kBool:
      return value.is_boolean() ? "" : "it must be true or false";
    case Kind::kArray:
      return value.is_array() ? "" : "it must be an array";
    case Kind::kStrings:
      return value.is_array() && all_strings(value) ? "" : "it must be an array of strings";
    case Kind::kAny:
      return "";
  }
  return "";
}

Status check(const Schema& schema, const Json& object, const std::string& place);

Status check_items(const Parameter& parameter, const Json& list, const std::string& name) {
  if (parameter.items.empty()) return ok_status();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string item = str_cat(name, "[", i, "]");
    if (!list[i].is_object()) return wrong_parameter(item, list[i], "it must be an object");
    RETURN_IF_ERROR(check(parameter.items, list[i], str_cat(item, ".")));
  }
  return ok_status();
}

Status check(const Schema& schema, const Json& object, const std::string& place) {
  for (const Parameter& parameter : schema) {
    const std::string name = str_cat(place, parameter.name);
    auto it = object.find(parameter.name);
    // Old clients say run_uuid.
    if (it == object.end() && parameter.name == "run_id") it = object.find("run_uuid");
    if (it == object.end() || is_empty(*it)) {
      if (parameter.required) return missing_parameter(name);
      continue;
    }
    if (const auto why = wrong_kind(parameter.kind, *it); !why.empty()) return wrong_parameter(name, *it, why);
    if (parameter.required && parameter.kind == Kind::kStrings && it->empty()) return missing_parameter(name);
    if (parameter.kind == Kind::kArray) RETURN_IF_ERROR(check_items(parameter, *it, name));
  }
  return ok_status();
}

}  // namespace

const Schema* schema_of(std::string_view path) {
  static const Schemas all = make_schemas();
  const auto it = all.find(path);
  return it == all.end() ? nullptr : &it->second;
}

Status check_schema(const Schema& schema, const Json& arguments) { return check(schema, arguments, ""); }

Status convert_query(const Schema& schema, Json& arguments) {
  for (const Parameter& parameter : schema) {
    const auto it = arguments.find(parameter.name);
    if (it == arguments.end()) continue;
    if (parameter.kind == Kind::kStrings && !it->is_array()) *it = Json::array({*it});
    // Of a name that may come once the first one counts, as in MLflow.
    if (parameter.kind != Kind::kStrings && it->is_array()) *it = Json(it->front());
    if (parameter.kind != Kind::kBool) continue;
    const std::string given = it->get<std::string>();
    const bool truth = equals_ignore_case(given, "true");
    if (!truth && !equals_ignore_case(given, "false"))
      return {StatusCode::kInvalidArgument, str_cat("Invalid boolean value: ", given, ", must be 'true' or 'false'."),
              std::string(parameter.name)};
    *it = truth;
  }
  return ok_status();
}

Status missing_parameter(std::string_view name) {
  return {StatusCode::kInvalidArgument,
          str_cat("Missing value for required parameter '", name,
                  "'. See the API docs for more information about request parameters."),
          std::string(name)};
}

Status wrong_parameter(std::string_view name, const Json& value, std::string_view why) {
  std::string shown = to_text(value);
  if (shown.size() > kShown) shown = str_cat(std::string_view(shown).substr(0, kShown), "…");
  return {StatusCode::kInvalidArgument,
          str_cat("Invalid value ", shown, " for parameter '", name, "' supplied: ", why,
                  ". See the API docs for more information about request parameters."),
          std::string(name)};
}

}  // namespace treadle::mlflow
