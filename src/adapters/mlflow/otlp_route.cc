// Where spans come by OTLP over HTTP. The answer is an ExportTraceServiceResponse, in the form of the request.
#include "adapters/mlflow/otlp.h"
#include "adapters/mlflow/protocol.h"
#include "base/strings.h"

namespace treadle::mlflow {
namespace {

constexpr std::uint64_t kMostBytes = 32u << 20;  // also once decompressed
constexpr std::size_t kLongestReason = 1000;

void append_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>((value & 0x7F) | 0x80));
  bytes.push_back(static_cast<char>(value));
}

void append_bytes(std::string& bytes, char tag, std::string_view inside) {
  bytes.push_back(tag);
  append_varint(bytes, inside.size());
  bytes += inside;
}

// Empty when all was taken; else partial_success (1) with rejected_spans (1) and error_message (2).
std::string protobuf_answer(const OtlpSpans& read, std::string_view reason) {
  std::string answer, partial;
  if (read.refused == 0) return answer;
  partial.push_back(0x08);
  append_varint(partial, static_cast<std::uint64_t>(read.refused));
  append_bytes(partial, 0x12, reason);
  append_bytes(answer, 0x0A, partial);
  return answer;
}

Json json_answer(const OtlpSpans& read, std::string_view reason) {
  if (read.refused == 0) return Json::object();
  return {{"partialSuccess", {{"rejectedSpans", str_cat(read.refused)}, {"errorMessage", reason}}}};
}

// As FastAPI, in which MLflow answers here, tells what is wrong.
net::Response refused(int status, Json detail) { return net::Response::json({{"detail", std::move(detail)}}, status); }

net::Response receive(traces::Service& service, const net::Request& request) {
  const auto type = request.headers.get("content-type");
  const bool as_json = type.starts_with("application/json");
  if (!as_json && !type.starts_with("application/x-protobuf")) {
    return refused(400,
                   str_cat("Invalid Content-Type: ", type, ". Expected: application/x-protobuf or application/json"));
  }
  const std::string experiment(request.headers.get("x-mlflow-experiment-id"));
  if (experiment.empty()) {
    return refused(422, Json::array({{{"type", "missing"},
                                      {"loc", {"header", "x-mlflow-experiment-id"}},
                                      {"msg", "Field required"},
                                      {"input", nullptr}}}));
  }
  auto read = as_json ? read_otlp_json(request.body) : read_otlp(request.body);
  if (!read.ok()) return refused(400, str_cat("Invalid OpenTelemetry format: ", read.status().message()));
  // Nothing to keep: the client learns it from the status, as of a body that cannot be read at all.
  if (read->spans.empty() && read->refused > 0)
    return refused(422, str_cat("Cannot convert OpenTelemetry span to MLflow span: ", read->why.message()));
  if (read->spans.empty()) return refused(400, "Invalid OpenTelemetry format: no spans found");
  const Status kept =
      service.record(experiment, std::move(read->spans), std::string(request.headers.get("x-mlflow-run-id")));
  if (!kept.ok()) return error_response(kept);
  const std::string message(read->why.message());
  const std::string reason =
      read->refused == 0
          ? ""
          : str_cat("refused spans: ", read->refused, "; the first: ", message).substr(0, kLongestReason);
  if (as_json) return net::Response::json(json_answer(*read, reason));
  return net::Response::text(200, protobuf_answer(*read, reason), "application/x-protobuf");
}

}  // namespace

void add_otlp_route(net::Router& router, traces::Service& service) {
  router.add(net::Method::kPost, "/v1/traces", [&](net::Request& request) { return receive(service, request); },
             {.max_body = kMostBytes});
}

}  // namespace treadle::mlflow
