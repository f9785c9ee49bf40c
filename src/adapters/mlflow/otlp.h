// Spans as OpenTelemetry sends them: ExportTraceServiceRequest, as protobuf or as OTLP's JSON.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "domains/traces/service.h"
#include "net/router.h"

namespace treadle::mlflow {

// What a request holds. A span that cannot be read does not keep the others out.
// What a span's `kind` is called, by its number.
inline constexpr std::array<std::string_view, 6> kSpanKinds = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                               "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                               "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};

struct OtlpSpans {
  std::vector<traces::Span> spans;
  std::int64_t refused = 0;
  Status why = ok_status();  // of the first that was refused

  void add(StatusOr<traces::Span> span);
};

// Bodies become the span in proto3's JSON. The error says which message is damaged.
StatusOr<OtlpSpans> read_otlp(std::string_view bytes);
// otlp_json.cc. Ids are hex digits there and names are in camel case; what is not known is left out.
StatusOr<OtlpSpans> read_otlp_json(std::string_view text);

// POST /v1/traces (otlp_route.cc).
void add_otlp_route(net::Router& router, traces::Service& traces);

// The span with its ids (bytes) checked and its body complete; then the ids are those that clients use.
StatusOr<traces::Span> finish_span(traces::Span span, Json body);

}  // namespace treadle::mlflow
