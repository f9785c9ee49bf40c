// What searches and aggregates compare of spans and traces, read out of the texts that their makers sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domains/traces/types.h"

namespace treadle::traces {

struct SpanFacts {
  std::string status = "UNSET";  // or OK, ERROR
  std::optional<std::string> type = {}, model = {}, provider = {};
  std::optional<double> input_cost = {}, output_cost = {}, total_cost = {};
};
// Of a span's body. What is not there, or is no text or number where one is expected, stays empty.
SpanFacts facts_of(std::string_view body);

// The span that a stored body is of, for those stored before its name and end had columns.
Span span_of(std::string trace_id, std::string id, std::string_view body);

// How many tokens of which kind, by the metadata that clients report: {"input_tokens": 5, …}. Only whole numbers.
inline constexpr std::string_view kTokenUsage = "mlflow.trace.tokenUsage";
std::vector<std::pair<std::string, double>> token_counts(std::string_view metadata);

}  // namespace treadle::traces
