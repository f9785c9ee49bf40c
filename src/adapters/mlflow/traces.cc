#include "adapters/mlflow/traces.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "adapters/mlflow/assessment_forms.h"
#include "adapters/mlflow/otlp.h"
#include "adapters/mlflow/protocol.h"
#include "adapters/mlflow/versioned_routes.h"
#include "base/strings.h"
#include "base/time.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using traces::Service;
using traces::TraceInfo;

constexpr std::uint64_t kMostBytes = 16u << 20;
constexpr double kLongestSeconds = 1e10;
constexpr std::array<std::string_view, 4> kStates = {"STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"};

// proto3's JSON of a Duration: "1.250s".
std::string duration_form(std::int64_t ms) {
  std::array<char, 40> text{};
  const long long whole = ms / 1000, rest = std::llabs(ms % 1000);
  std::snprintf(text.data(), text.size(), "%s%lld.%03llds", ms < 0 && whole == 0 ? "-" : "", whole, rest);
  return text.data();
}

Json location_form(const std::string& experiment) {
  return {{"type", "MLFLOW_EXPERIMENT"}, {"mlflow_experiment", {{"experiment_id", experiment}}}};
}

Json info_form(const TraceInfo& info) {
  Json json = {{"trace_id", info.id},
               {"trace_location", location_form(info.experiment_id)},
               {"request_time", format_rfc3339(info.request_ms)},
               {"state", info.state},
               {"tags", map_form(info.tags)},
               {"trace_metadata", map_form(info.metadata)}};
  if (info.duration_ms) json["execution_duration"] = duration_form(*info.duration_ms);
  if (info.client_request_id) json["client_request_id"] = *info.client_request_id;
  if (info.request_preview) json["request_preview"] = *info.request_preview;
  if (info.response_preview) json["response_preview"] = *info.response_preview;
  for (const traces::Assessment& one : info.assessments) json["assessments"].push_back(assessment_form(one));
  return json;
}

StatusOr<Json> trace_form(const traces::Trace& trace) {
  Json spans = Json::array();
  for (const std::string& body : trace.spans) {
    ASSIGN_OR_RETURN(Json span, parse_json(body));
    spans.push_back(std::move(span));
  }
  return Json{{"trace_info", info_form(trace.info)}, {"spans", std::move(spans)}};
}

StatusOr<std::string> read_location(const Json& location) {
  if (!location.is_object()) return invalid_field("trace_location", "must be an object");
  ASSIGN_OR_RETURN(const Json* experiment, optional_object(location, "mlflow_experiment"));
  if (experiment == nullptr)
    return invalid_field("trace_location", "must name an experiment of this server (mlflow_experiment.experiment_id)");
  return required_string(*experiment, "experiment_id");
}

StatusOr<std::optional<std::int64_t>> read_duration(const Json& info) {
  ASSIGN_OR_RETURN(const auto text, read_text(info, "execution_duration"));
  if (!text) return std::optional<std::int64_t>();
  const bool seconds = !text->empty() && text->back() == 's';
  const auto value = seconds ? parse_double(std::string_view(*text).substr(0, text->size() - 1)) : std::nullopt;
  if (!value || !(std::abs(*value) < kLongestSeconds))
    return invalid_field("execution_duration", "must be seconds such as \"0.25s\", got \"", *text, "\"");
  return std::optional<std::int64_t>(std::llround(*value * 1000));
}

StatusOr<std::string> read_state(const Json& info) {
  ASSIGN_OR_RETURN(std::string state, optional_string(info, "state", kStates[0]));
  for (const std::string_view known : kStates) {
    if (known == state) return state;
  }
  return invalid_field("state", "must be OK, ERROR, IN_PROGRESS or STATE_UNSPECIFIED, got \"", state, "\"");
}

StatusOr<TraceInfo> read_info(const Json& arguments) {
  ASSIGN_OR_RETURN(const Json* trace, optional_object(arguments, "trace"));
  if (trace == nullptr) return missing_parameter("trace");
  ASSIGN_OR_RETURN(const Json* json, optional_object(*trace, "trace_info"));
  if (json == nullptr) return missing_parameter("trace.trace_info");
  TraceInfo info;
  ASSIGN_OR_RETURN(info.id, required_string(*json, "trace_id"));
  ASSIGN_OR_RETURN(const Json* location, optional_object(*json, "trace_location"));
  if (location == nullptr) return missing_parameter("trace.trace_info.trace_location");
  ASSIGN_OR_RETURN(info.experiment_id, read_location(*location));
  ASSIGN_OR_RETURN(const std::string time, required_string(*json, "request_time"));
  const auto request_ms = parse_time(time);
  if (!request_ms.ok()) return invalid_field("request_time", request_ms.status().message());
  info.request_ms = *request_ms;
  ASSIGN_OR_RETURN(info.duration_ms, read_duration(*json));
  ASSIGN_OR_RETURN(info.state, read_state(*json));
  ASSIGN_OR_RETURN(info.client_request_id, read_text(*json, "client_request_id"));
  ASSIGN_OR_RETURN(info.request_preview, read_text(*json, "request_preview"));
  ASSIGN_OR_RETURN(info.response_preview, read_text(*json, "response_preview"));
  ASSIGN_OR_RETURN(info.tags, read_map(*json, "tags"));
  ASSIGN_OR_RETURN(info.metadata, read_map(*json, "trace_metadata"));
  ASSIGN_OR_RETURN(const Json* assessments, optional_array(*json, "assessments"));
  if (assessments != nullptr) {
    for (const Json& one : *assessments) {
      ASSIGN_OR_RETURN(traces::Assessment assessment, read_assessment(one));
      info.assessments.push_back(std::move(assessment));
    }
  }
  return info;
}

StatusOr<Json> start(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const TraceInfo given, read_info(arguments));
  ASSIGN_OR_RETURN(const TraceInfo kept, service.report(given));
  return Json{{"trace", {{"trace_info", info_form(kept)}}}};
}

StatusOr<Json> get_info(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const auto info, service.get_info(id));
  return Json{{"trace", {{"trace_info", info_form(info)}}}};
}

StatusOr<Json> get(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const auto trace, service.get(id));
  ASSIGN_OR_RETURN(Json form, trace_form(trace));
  return Json{{"trace", std::move(form)}};
}

StatusOr<Json> get_many(Service& service, const Json& arguments, bool with_spans) {
  ASSIGN_OR_RETURN(const auto ids, read_strings(arguments, "trace_ids"));
  ASSIGN_OR_RETURN(const auto found, service.get_many(ids, with_spans));
  Json list = Json::array();
  for (const auto& trace : found) {
    if (!with_spans) {
      list.push_back(info_form(trace.info));
      continue;
    }
    ASSIGN_OR_RETURN(Json form, trace_form(trace));
    list.push_back(std::move(form));
  }
  Json answer = Json::object();
  answer[with_spans ? "traces" : "trace_infos"] = std::move(list);
  return answer;
}

StatusOr<Json> search(Service& service, const Json& arguments) {
  traces::Query query;
  ASSIGN_OR_RETURN(const Json* locations, optional_array(arguments, "locations"));
  if (locations == nullptr) return missing_parameter("locations");
  for (const Json& location : *locations) {
    ASSIGN_OR_RETURN(std::string experiment, read_location(location));
    query.experiment_ids.push_back(std::move(experiment));
  }
  return found_traces(service, std::move(query), arguments, info_form);
}

StatusOr<Json> remove(Service& service, const Json& arguments) {
  traces::Deletion deletion;
  ASSIGN_OR_RETURN(deletion.experiment_id, required_string(arguments, "experiment_id"));
  ASSIGN_OR_RETURN(deletion.ids, read_strings(arguments, "request_ids"));
  ASSIGN_OR_RETURN(deletion.until_ms, read_number(arguments, "max_timestamp_millis"));
  ASSIGN_OR_RETURN(deletion.limit, read_number(arguments, "max_traces"));
  ASSIGN_OR_RETURN(const std::int64_t removed, service.remove(deletion));
  return Json{{"traces_deleted", removed}};
}

StatusOr<Json> set_tag(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
  ASSIGN_OR_RETURN(const std::string value, optional_string(arguments, "value"));
  RETURN_IF_ERROR(service.set_tag(id, key, value));
  return Json::object();
}

StatusOr<Json> delete_tag(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "key"));
  RETURN_IF_ERROR(service.delete_tag(id, key));
  return Json::object();
}

StatusOr<Json> link_to_run(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto ids, read_strings(arguments, "trace_ids"));
  ASSIGN_OR_RETURN(const std::string run, required_string(arguments, "run_id"));
  RETURN_IF_ERROR(service.link_to_run(ids, run));
  return Json::object();
}

StatusOr<Json> link_prompts(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const Json* given, optional_array(arguments, "prompt_versions"));
  if (given == nullptr) return missing_parameter("prompt_versions");
  std::vector<std::string> prompts;
  for (const Json& one : *given) {
    if (!one.is_object()) return invalid_field("prompt_versions", "must be a list of {\"name\": …, \"version\": …}");
    ASSIGN_OR_RETURN(const std::string name, required_string(one, "name"));
    ASSIGN_OR_RETURN(const std::string version, required_string(one, "version"));
    if (!parse_int(version))
      return invalid_field("version", "of a prompt must be a whole number, got \"", version, "\"");
    prompts.push_back(str_cat(name, "/", version));
  }
  RETURN_IF_ERROR(service.link_prompts(id, prompts));
  return Json::object();
}

StatusOr<Json> assess(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string trace, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const Json* given, optional_object(arguments, "assessment"));
  if (given == nullptr) return missing_parameter("assessment");
  ASSIGN_OR_RETURN(traces::Assessment assessment, read_assessment(*given));
  assessment.trace_id = trace;
  ASSIGN_OR_RETURN(const auto kept, service.assess(assessment));
  return Json{{"assessment", assessment_form(kept)}};
}

StatusOr<Json> get_assessment(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string trace, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "assessment_id"));
  ASSIGN_OR_RETURN(const auto found, service.get_assessment(trace, id));
  return Json{{"assessment", assessment_form(found)}};
}

StatusOr<Json> change_assessment(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string trace, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "assessment_id"));
  ASSIGN_OR_RETURN(const Json* given, optional_object(arguments, "assessment"));
  if (given == nullptr) return missing_parameter("assessment");
  ASSIGN_OR_RETURN(const auto change, read_assessment_change(*given, arguments));
  ASSIGN_OR_RETURN(const auto changed, service.change_assessment(trace, id, change));
  return Json{{"assessment", assessment_form(changed)}};
}

StatusOr<Json> delete_assessment(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string trace, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "assessment_id"));
  RETURN_IF_ERROR(service.delete_assessment(trace, id));
  return Json::object();
}

}  // namespace

StatusOr<Json> found_traces(Service& service, traces::Query query, const Json& arguments,
                            Json (*form)(const TraceInfo& info)) {
  constexpr std::int64_t kMostFound = 500;
  ASSIGN_OR_RETURN(query.filter, optional_string(arguments, "filter"));
  ASSIGN_OR_RETURN(query.order_by, read_strings(arguments, "order_by"));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, 100, kMostFound));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  ASSIGN_OR_RETURN(const auto page, service.search(query));
  Json answer = {{"traces", Json::array()}};
  for (const TraceInfo& info : page.items) answer["traces"].push_back(form(info));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

void add_trace_routes(net::Router& router, Service& service) {
  const auto add = [&](Method method, std::string_view version, std::string_view path, const Call& call) {
    add_versioned_route(router, method, version, path, {}, kMostBytes, call);
  };
  const auto bind = [&](auto work) {
    return [&service, work](const Json& arguments) { return work(service, arguments); };
  };
  add(Method::kPost, "3.0", "traces", bind(start));
  add(Method::kGet, "3.0", "traces/get", bind(get));
  add(Method::kGet, "3.0", "traces/{trace_id}", bind(get_info));
  for (const Method method : {Method::kGet, Method::kPost}) {
    add(method, "3.0", "traces/batchGet", [&](const Json& given) { return get_many(service, given, true); });
    add(method, "3.0", "traces/batchGetInfos", [&](const Json& given) { return get_many(service, given, false); });
  }
  add(Method::kPost, "3.0", "traces/search", bind(search));
  add(Method::kPost, "3.0", "traces/metrics", bind(trace_metrics));
  add(Method::kPost, "3.0", "traces/calculate-filter-correlation", bind(trace_correlation));
  for (const char* version : {"2.0", "3.0"}) {
    add(Method::kPost, version, "traces/delete-traces", bind(remove));
    add(Method::kPatch, version, "traces/{trace_id}/tags", bind(set_tag));
    add(Method::kDelete, version, "traces/{trace_id}/tags", bind(delete_tag));
  }
  for (const char* version : {"2.0", "3.0"}) {
    add(Method::kPost, version, "traces/link-to-run", bind(link_to_run));
    add(Method::kPost, version, "traces/link-prompts", bind(link_prompts));
  }
  add(Method::kPost, "3.0", "traces/{trace_id}/assessments", bind(assess));
  add(Method::kGet, "3.0", "traces/{trace_id}/assessments/{assessment_id}", bind(get_assessment));
  add(Method::kPatch, "3.0", "traces/{trace_id}/assessments/{assessment_id}", bind(change_assessment));
  add(Method::kDelete, "3.0", "traces/{trace_id}/assessments/{assessment_id}", bind(delete_assessment));
  add_old_trace_routes(router, service);
  add_otlp_route(router, service);
}

}  // namespace treadle::mlflow
