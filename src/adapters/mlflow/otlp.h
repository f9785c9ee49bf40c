// Spans as OpenTelemetry sends them: ExportTraceServiceRequest, protobuf.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/traces/types.h"

namespace treadle::mlflow {

// Bodies become the span in proto3's JSON. The error says which message is damaged.
StatusOr<std::vector<traces::Span>> read_otlp(std::string_view bytes);

}  // namespace treadle::mlflow
