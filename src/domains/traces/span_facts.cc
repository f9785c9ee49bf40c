#include "domains/traces/span_facts.h"

#include <array>
#include <cmath>

#include "base/json.h"
#include "base/strings.h"

namespace treadle::traces {
namespace {

constexpr std::array<std::string_view, 5> kTokenKinds = {"input_tokens", "output_tokens", "total_tokens",
                                                         "cache_read_input_tokens", "cache_creation_input_tokens"};
constexpr double kExact = 9007199254740992;  // whole numbers below are exact
constexpr std::size_t kLongestFact = 500;

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

std::string text_member(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// A text, which some clients write as JSON: "\"LLM\"".
std::optional<std::string> fact_text(const Json& value) {
  std::string text = text_member(value, "string_value");
  if (text.starts_with('"')) {
    const auto inside = parse_json(text);
    if (inside.ok() && inside->is_string()) text = inside->get<std::string>();
  }
  return text.empty() ? std::nullopt : std::optional(text.substr(0, kLongestFact));
}

std::optional<double> number_member(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<double> number_of(const Json& value) {
  if (const auto number = number_member(value, "double_value")) return number;
  return parse_double(text_member(value, "int_value"));
}

void keep_cost(SpanFacts& facts, std::string_view kind, std::optional<double> cost) {
  if (kind == "input_cost") facts.input_cost = cost;
  if (kind == "output_cost") facts.output_cost = cost;
  if (kind == "total_cost") facts.total_cost = cost;
}

// {"input_cost": 0.1, …} as a list of pairs, or as JSON in a text.
void read_costs(const Json& value, SpanFacts& facts) {
  if (const auto inside = parse_json(text_member(value, "string_value")); inside.ok()) {
    for (const std::string_view kind : {"input_cost", "output_cost", "total_cost"})
      keep_cost(facts, kind, number_member(*inside, kind));
    return;
  }
  const Json* list = member(value, "kvlist_value");
  const Json* pairs = list == nullptr ? nullptr : member(*list, "values");
  if (pairs == nullptr || !pairs->is_array()) return;
  for (const Json& pair : *pairs) {
    if (const Json* cost = member(pair, "value")) keep_cost(facts, text_member(pair, "key"), number_of(*cost));
  }
}

void read_attribute(const Json& pair, SpanFacts& facts) {
  const Json* value = member(pair, "value");
  if (value == nullptr) return;
  const std::string key = text_member(pair, "key");
  if (key == "mlflow.spanType") facts.type = fact_text(*value);
  if (key == "mlflow.llm.model") facts.model = fact_text(*value);
  if (key == "mlflow.llm.provider") facts.provider = fact_text(*value);
  if (key == "mlflow.llm.cost") read_costs(*value, facts);
}

SpanFacts facts_of(const Json& span) {
  SpanFacts facts;
  if (const Json* status = member(span, "status")) {
    const std::string code = text_member(*status, "code");
    if (code == "STATUS_CODE_OK") facts.status = "OK";
    if (code == "STATUS_CODE_ERROR") facts.status = "ERROR";
  }
  const Json* attributes = member(span, "attributes");
  if (attributes == nullptr || !attributes->is_array()) return facts;
  for (const Json& pair : *attributes) read_attribute(pair, facts);
  return facts;
}

}  // namespace

SpanFacts facts_of(std::string_view body) {
  const auto span = parse_json(body);
  return span.ok() ? facts_of(*span) : SpanFacts{};
}

Span span_of(std::string trace_id, std::string id, std::string_view body) {
  Span span{
      .trace_id = std::move(trace_id), .id = std::move(id), .parent_id = {}, .name = {}, .body = std::string(body)};
  const auto json = parse_json(body);
  if (!json.ok()) return span;
  span.name = text_member(*json, "name");
  span.start_ns = parse_int(text_member(*json, "start_time_unix_nano")).value_or(0);
  span.end_ns = parse_int(text_member(*json, "end_time_unix_nano")).value_or(0);
  return span;
}

std::vector<std::pair<std::string, double>> token_counts(std::string_view metadata) {
  std::vector<std::pair<std::string, double>> counts;
  const auto usage = parse_json(metadata);
  if (!usage.ok()) return counts;
  for (const std::string_view kind : kTokenKinds) {
    const auto number = number_member(*usage, kind);
    if (number && std::abs(*number) < kExact && *number == std::trunc(*number)) counts.emplace_back(kind, *number);
  }
  return counts;
}

}  // namespace treadle::traces
