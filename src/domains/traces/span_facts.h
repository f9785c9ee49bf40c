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
  std::optional<std::string> tokens = {};                  // {"input_tokens": 5, …}, as kTokenUsage has it
  std::optional<std::string> session = {}, user = {};      // whose conversation it belongs to
  std::optional<std::string> request = {}, response = {};  // what went in and came out, cut short
  Pairs tags = {};                                         // that a root gives its trace
};
// Of a span's body. What is not there, or is no text or number where one is expected, stays empty.
SpanFacts facts_of(std::string_view body);
// The facts of each. What a span tells by the names of other conventions (OpenInference, OpenTelemetry's for generative
// AI, Traceloop) is added to its body by MLflow's, as its clients and pages look for no others, and texts that hold
// JSON become what they say.
std::vector<SpanFacts> translate(std::vector<Span>& spans);

// The span that a stored body is of, for those stored before its name and end had columns.
Span span_of(std::string trace_id, std::string id, std::string_view body);

// How many tokens of which kind, by the metadata that clients report: {"input_tokens": 5, …}. Only whole numbers.
inline constexpr std::string_view kTokenUsage = "mlflow.trace.tokenUsage";
std::vector<std::pair<std::string, double>> token_counts(std::string_view metadata);

// A span's place in its trace, and its tokens if it tells any.
struct TokenNode {
  std::string id, parent_id;
  std::string tokens;
};
// What the spans of one trace used in all, as kTokenUsage has it; nullopt when none tells. A span that tells counts for
// all below it: some libraries put the sum on the parent.
std::optional<std::string> sum_tokens(const std::vector<TokenNode>& spans);

}  // namespace treadle::traces
