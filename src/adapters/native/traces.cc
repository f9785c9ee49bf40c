#include "adapters/native/traces.h"

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

Json or_null(const auto& value) { return value ? Json(*value) : Json(); }

Json to_json(const traces::Assessment& one) {
  return {{"id", one.id},
          {"name", one.name},
          {"kind", one.kind},
          {"value", Json::parse(one.value, nullptr, false)},
          {"error", one.error ? Json::parse(*one.error, nullptr, false) : Json()},
          {"source_type", one.source_type},
          {"source_id", one.source_id},
          {"span_id", or_null(one.span_id)},
          {"rationale", or_null(one.rationale)},
          {"valid", one.valid},
          {"created_ms", one.created_ms},
          {"updated_ms", one.updated_ms}};
}

Json to_json(const traces::TraceInfo& trace) {
  Json assessments = Json::array();
  for (const auto& one : trace.assessments) assessments.push_back(to_json(one));
  return {{"id", trace.id},
          {"experiment_id", trace.experiment_id},
          {"state", trace.state},
          {"request_ms", trace.request_ms},
          {"duration_ms", or_null(trace.duration_ms)},
          {"client_request_id", or_null(trace.client_request_id)},
          {"request_preview", or_null(trace.request_preview)},
          {"response_preview", or_null(trace.response_preview)},
          {"tags", pairs_form(trace.tags)},
          {"metadata", pairs_form(trace.metadata)},
          {"assessments", assessments}};
}

StatusOr<Json> list_traces(traces::Service& service, const Request& request) {
  traces::Query query;
  for (const std::string_view id : request.query.all("experiment_id")) query.experiment_ids.emplace_back(id);
  if (query.experiment_ids.empty()) return invalid_field("experiment_id", "is required");
  query.filter = std::string(request.query.get("filter").value_or(""));
  for (const std::string_view order : request.query.all("order_by")) query.order_by.emplace_back(order);
  ASSIGN_OR_RETURN(query.limit, request.query.get_int("limit", 100, 1, 1000));
  ASSIGN_OR_RETURN(query.offset, page_offset(request.query));
  ASSIGN_OR_RETURN(const auto page, service.search(query));
  Json list = Json::array();
  for (const auto& trace : page.items) list.push_back(to_json(trace));
  Json answer = {{"traces", list}};
  if (page.more) answer["next_page_token"] = str_cat(query.offset + query.limit);
  return answer;
}

StatusOr<Json> show_trace(traces::Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto trace, service.get(std::string(request.param("trace_id"))));
  Json answer = to_json(trace.info);
  answer["spans"] = Json::array();
  for (const std::string& span : trace.spans) answer["spans"].push_back(Json::parse(span, nullptr, false));
  return answer;
}

// Answers with the trace as it was.
StatusOr<Json> delete_trace(traces::Service& service, const Request& request) {
  ASSIGN_OR_RETURN(const auto trace, service.get_info(std::string(request.param("trace_id"))));
  RETURN_IF_ERROR(service.remove({.experiment_id = trace.experiment_id, .ids = {trace.id}}));
  return to_json(trace);
}

}  // namespace

void add_trace_routes(net::Router& router, traces::Service& traces) {
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern, json_handler([&traces, work](Request& request) { return work(traces, request); }));
  };
  route(Method::kGet, "/api/v1/traces", list_traces);
  route(Method::kGet, "/api/v1/traces/{trace_id}", show_trace);
  route(Method::kDelete, "/api/v1/traces/{trace_id}", delete_trace);
}

}  // namespace treadle::native
