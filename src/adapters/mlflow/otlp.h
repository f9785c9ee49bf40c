// Spans as OpenTelemetry sends them: ExportTraceServiceRequest, as protobuf or as OTLP's JSON.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "domains/traces/types.h"

namespace treadle::mlflow {

// Bodies become the span in proto3's JSON. The error says which message is damaged.
StatusOr<std::vector<traces::Span>> read_otlp(std::string_view bytes);
// otlp_json.cc. Ids are hex digits there and names are in camel case; what is not known is left out.
StatusOr<std::vector<traces::Span>> read_otlp_json(std::string_view text);

// The span with its ids (bytes) checked and its body complete; then the ids are those that clients use.
StatusOr<traces::Span> finish_span(traces::Span span, Json body);

}  // namespace treadle::mlflow
