// "get-trace-artifact": what MLflow's page downloads of a trace. Its spans as one JSON file, or something that its
// maker attached to it.
#include <algorithm>

#include "adapters/mlflow/artifact_files.h"
#include "adapters/mlflow/otlp.h"
#include "adapters/mlflow/protocol.h"
#include "adapters/mlflow/traces.h"
#include "base/strings.h"
#include "domains/traces/span_values.h"

namespace treadle::mlflow {
namespace {

using traces::plain_values, traces::whole_number;

// A stored span as `Span.from_dict` of MLflow's client takes it: attributes are texts of JSON, times are numbers.
Json span_file(const Json& span) {
  Json file = {{"trace_id", span.value("trace_id", "")},
               {"span_id", span.value("span_id", "")},
               {"parent_span_id", span.value("parent_span_id", Json())},
               {"name", span.value("name", "")},
               {"kind", kSpanKinds[std::min<std::size_t>(span.value("kind", std::size_t{0}), kSpanKinds.size() - 1)]},
               {"start_time_unix_nano", whole_number(span.value("start_time_unix_nano", Json()))},
               {"end_time_unix_nano", whole_number(span.value("end_time_unix_nano", Json()))},
               {"attributes", Json::object()},
               {"events", Json::array()},
               {"links", span.value("links", Json::array())}};
  const Json status = span.value("status", Json::object());
  file["status"] = {{"code", status.value("code", "STATUS_CODE_UNSET")}, {"message", status.value("message", "")}};
  const Json attributes = plain_values(span.value("attributes", Json::array()));
  for (const auto& [key, value] : attributes.items()) file["attributes"][key] = to_text(value);
  for (const Json& event : span.value("events", Json::array())) {
    file["events"].push_back({{"name", event.value("name", "")},
                              {"time_unix_nano", whole_number(event.value("time_unix_nano", Json()))},
                              {"attributes", plain_values(event.value("attributes", Json::array()))}});
  }
  for (Json& link : file["links"]) link["attributes"] = plain_values(link.value("attributes", Json::array()));
  return file;
}

StatusOr<net::Response> spans_of(const traces::Trace& trace) {
  Json file = {{"spans", Json::array()}};
  for (const std::string& body : trace.spans) {
    ASSIGN_OR_RETURN(const Json span, parse_json(body));
    file["spans"].push_back(span_file(span));
  }
  net::Response response = net::Response::text(200, to_text(file), "application/octet-stream");
  response.headers.set("Content-Disposition", "attachment; filename=traces.json");
  return response;
}

StatusOr<net::Response> answer(traces::Service& service, const blob::BlobStore& blobs, const net::Request& request) {
  const std::string id(request.query.get("request_id").value_or(""));
  if (id.empty()) return invalid("Request must include the \"request_id\" query parameter.");
  ASSIGN_OR_RETURN(const std::string path, safe_path(request.query.get("path").value_or("")));
  ASSIGN_OR_RETURN(const traces::Trace trace, service.get(id));
  const std::string folder = str_cat("artifacts/", trace.info.experiment_id, "/traces/", id, "/artifacts/");
  if (!path.empty()) return attachment(blobs, str_cat(folder, "attachments/", path));
  // Clients before 3.0 keep the spans in a file of their own.
  if (trace.spans.empty() && blobs.stat(folder + "traces.json").ok()) return attachment(blobs, folder + "traces.json");
  return spans_of(trace);
}

}  // namespace

void add_trace_file_routes(net::Router& router, traces::Service& service, const blob::BlobStore& blobs) {
  for (const char* version : {"2.0", "3.0"}) {
    router.add(net::Method::kGet, str_cat("/ajax-api/", version, "/mlflow/get-trace-artifact"),
               [&](net::Request& request) {
                 StatusOr<net::Response> response = answer(service, blobs, request);
                 return response.ok() ? std::move(*response) : error_response(response.status());
               });
  }
}

}  // namespace treadle::mlflow
