// Traces by the calls of clients before 3.0: started and ended in two calls, their spans kept as an artifact that the
// client writes and reads itself.
#include <algorithm>
#include <array>

#include "adapters/mlflow/protocol.h"
#include "adapters/mlflow/traces.h"
#include "base/ids.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using traces::Service;
using traces::TraceInfo;

Json info_form(const TraceInfo& info) {
  Json json = {{"request_id", info.id},
               {"experiment_id", info.experiment_id},
               {"timestamp_ms", info.request_ms},
               {"status", info.state == "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : info.state},
               {"request_metadata", tags_form(info.metadata)},
               {"tags", tags_form(info.tags)}};
  if (info.duration_ms) json["execution_time_ms"] = *info.duration_ms;
  return json;
}

Json answer_of(const TraceInfo& info) { return {{"trace_info", info_form(info)}}; }

StatusOr<Json> start(Service& service, const Json& arguments) {
  TraceInfo info;
  info.id = "tr-" + new_hex_id();
  ASSIGN_OR_RETURN(info.experiment_id, required_string(arguments, "experiment_id"));
  ASSIGN_OR_RETURN(info.request_ms, required_int(arguments, "timestamp_ms"));
  ASSIGN_OR_RETURN(info.metadata, read_tags(arguments, "request_metadata"));
  ASSIGN_OR_RETURN(info.tags, read_tags(arguments, "tags"));
  ASSIGN_OR_RETURN(const TraceInfo kept, service.report(info));
  return answer_of(kept);
}

StatusOr<Json> end(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const std::int64_t end_ms, required_int(arguments, "timestamp_ms"));
  ASSIGN_OR_RETURN(const std::string status, required_string(arguments, "status"));
  constexpr std::array<std::string_view, 4> kStates = {"OK", "ERROR", "IN_PROGRESS", "TRACE_STATUS_UNSPECIFIED"};
  if (std::find(kStates.begin(), kStates.end(), status) == kStates.end())
    return invalid_field("status", "must be OK, ERROR or IN_PROGRESS, got \"", status, "\"");
  ASSIGN_OR_RETURN(TraceInfo info, service.get_info(id));
  if (end_ms < info.request_ms) return invalid_field("timestamp_ms", "is before the trace began");
  info.duration_ms = end_ms - info.request_ms;
  info.state = status == kStates.back() ? "STATE_UNSPECIFIED" : status;
  info.assessments.clear();  // they are there
  ASSIGN_OR_RETURN(info.metadata, read_tags(arguments, "request_metadata"));
  ASSIGN_OR_RETURN(info.tags, read_tags(arguments, "tags"));
  ASSIGN_OR_RETURN(const TraceInfo kept, service.report(info));
  return answer_of(kept);
}

StatusOr<Json> get_info(Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, required_string(arguments, "trace_id"));
  ASSIGN_OR_RETURN(const TraceInfo info, service.get_info(id));
  return answer_of(info);
}

StatusOr<Json> search(Service& service, const Json& arguments) {
  traces::Query query;
  ASSIGN_OR_RETURN(query.experiment_ids, read_strings(arguments, "experiment_ids"));
  if (query.experiment_ids.empty()) return invalid_field("experiment_ids", "must name at least one experiment");
  return found_traces(service, std::move(query), arguments, info_form);
}

}  // namespace

void add_old_trace_routes(net::Router& router, Service& service) {
  Routes routes(router);
  const auto bind = [&](auto work) {
    return [&service, work](const Json& arguments) { return work(service, arguments); };
  };
  routes.add(Method::kPost, "traces", bind(start));
  routes.add(Method::kGet, "traces", bind(search));
  routes.add(Method::kPatch, "traces/{trace_id}", bind(end));
  routes.add(Method::kGet, "traces/{trace_id}/info", bind(get_info));
}

}  // namespace treadle::mlflow
