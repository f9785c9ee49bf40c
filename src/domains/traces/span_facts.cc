#include "domains/traces/span_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/json.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "domains/traces/span_values.h"

namespace treadle::traces {
namespace {

constexpr std::array<std::string_view, 5> kTokenKinds = {"input_tokens", "output_tokens", "total_tokens",
                                                         "cache_read_input_tokens", "cache_creation_input_tokens"};
constexpr double kExact = 9007199254740992;  // whole numbers below are exact
constexpr std::size_t kLongestFact = 500;
constexpr std::size_t kLongestPreview = 1000;  // characters in MLflow, bytes here
constexpr std::size_t kMostTags = 50;
constexpr std::string_view kTagPrefix = "mlflow.traceTag.";

std::string text_member(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

// A text, which some clients write as JSON: "\"LLM\"". Without NUL, which not every database keeps.
std::optional<std::string> fact_text(const Json& value, std::size_t longest = kLongestFact) {
  const Json plain = plain_value(value);
  if (!plain.is_string()) return std::nullopt;
  std::string text = plain.get<std::string>();
  if (text.starts_with('"')) {
    const auto inside = parse_json(text);
    if (inside.ok() && inside->is_string()) text = inside->get<std::string>();
  }
  text = utf8_prefix(text, longest);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::optional<std::string> preview(const Json& value) {
  auto text = fact_text(value, kLongestPreview + 1);
  if (text && text->size() > kLongestPreview) *text = str_cat(utf8_prefix(*text, kLongestPreview - 3), "...");
  return text;
}

std::optional<double> number_member(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// {"input_cost": 0.1, …}, or that as JSON in a text.
void read_costs(const Json& value, SpanFacts& facts) {
  Json costs = plain_value(value);
  if (costs.is_string()) {
    auto inside = parse_json(costs.get_ref<const std::string&>());
    if (!inside.ok()) return;
    costs = *std::move(inside);
  }
  facts.input_cost = number_member(costs, "input_cost");
  facts.output_cost = number_member(costs, "output_cost");
  facts.total_cost = number_member(costs, "total_cost");
}

// Facts by the names that MLflow and the conventions of OpenTelemetry and OpenInference give them, the preferred first.
struct Named {
  std::string_view key;
  std::optional<std::string> SpanFacts::*fact;
  bool is_preview = false;
};
constexpr std::array<Named, 18> kNamed = {{{"mlflow.spanType", &SpanFacts::type},
                                           {"mlflow.llm.model", &SpanFacts::model},
                                           {"gen_ai.response.model", &SpanFacts::model},
                                           {"gen_ai.request.model", &SpanFacts::model},
                                           {"llm.model_name", &SpanFacts::model},
                                           {"mlflow.llm.provider", &SpanFacts::provider},
                                           {"gen_ai.provider.name", &SpanFacts::provider},
                                           {"llm.provider", &SpanFacts::provider},
                                           {"session.id", &SpanFacts::session},
                                           {"gen_ai.conversation.id", &SpanFacts::session},
                                           {"user.id", &SpanFacts::user},
                                           {"mlflow.spanInputs", &SpanFacts::request, true},
                                           {"gen_ai.input.messages", &SpanFacts::request, true},
                                           {"input.value", &SpanFacts::request, true},
                                           {"mlflow.spanOutputs", &SpanFacts::response, true},
                                           {"gen_ai.output.messages", &SpanFacts::response, true},
                                           {"output.value", &SpanFacts::response, true},
                                           {"mlflow.chat.tokenUsage", &SpanFacts::tokens}}};

// The counts of tokens in the same two conventions; that of MLflow is one text of all kinds.
constexpr std::array<std::array<std::string_view, 6>, 2> kTokenKeys = {
    {{"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "", "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"},
     {"llm.token_count.prompt", "llm.token_count.completion", "llm.token_count.total",
      "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_write", ""}}};

using Attributes = std::map<std::string_view, const Json*>;

// {"input_tokens": 5, …}; without a total that of both directions is it. Nothing when no kind is told.
std::optional<std::string> conventional_tokens(const Attributes& attributes) {
  for (const auto& keys : kTokenKeys) {
    std::map<std::string_view, std::int64_t> counts;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto it = attributes.find(keys[i]);
      if (keys[i].empty() || it == attributes.end()) continue;
      const Json count = plain_value(*it->second);
      if (!count.is_number() || !(std::abs(count.get<double>()) < kExact)) continue;
      counts.try_emplace(kTokenKinds[std::min(i, kTokenKinds.size() - 1)], count.get<std::int64_t>());
    }
    if (counts.contains("input_tokens") && counts.contains("output_tokens"))
      counts.try_emplace("total_tokens", counts["input_tokens"] + counts["output_tokens"]);
    if (counts.contains("input_tokens") || counts.contains("output_tokens") || counts.contains("total_tokens"))
      return to_text(Json(counts));
  }
  return std::nullopt;
}

void read_tag(std::string_view key, const Json& value, SpanFacts& facts) {
  key.remove_prefix(kTagPrefix.size());
  if (key.empty() || key.size() > kLongestTagKey || facts.tags.size() >= kMostTags) return;
  if (auto text = fact_text(value, kLongestTagValue)) facts.tags.emplace_back(key, *std::move(text));
}

void read_attributes(const Attributes& attributes, SpanFacts& facts) {
  for (const Named& named : kNamed) {
    const auto it = attributes.find(named.key);
    if (it == attributes.end() || facts.*named.fact) continue;
    facts.*named.fact = named.is_preview ? preview(*it->second) : fact_text(*it->second);
  }
  if (const auto cost = attributes.find("mlflow.llm.cost"); cost != attributes.end()) read_costs(*cost->second, facts);
  // What is no list of counts is not told.
  if (facts.tokens && token_counts(*facts.tokens).empty()) facts.tokens.reset();
  if (!facts.tokens) facts.tokens = conventional_tokens(attributes);
  for (auto it = attributes.lower_bound(kTagPrefix); it != attributes.end() && it->first.starts_with(kTagPrefix); ++it)
    read_tag(it->first, *it->second, facts);
}

SpanFacts read_facts(const Json& span) {
  SpanFacts facts;
  if (const Json* status = member(span, "status")) {
    const std::string code = text_member(*status, "code");
    if (code == "STATUS_CODE_OK") facts.status = "OK";
    if (code == "STATUS_CODE_ERROR") facts.status = "ERROR";
  }
  const Json* attributes = member(span, "attributes");
  if (attributes == nullptr || !attributes->is_array()) return facts;
  Attributes by_key;  // of a key that comes twice the last value counts
  for (const Json& pair : *attributes) {
    const Json *key = member(pair, "key"), *value = member(pair, "value");
    if (key != nullptr && key->is_string() && value != nullptr) by_key[key->get_ref<const std::string&>()] = value;
  }
  read_attributes(by_key, facts);
  return facts;
}

}  // namespace

SpanFacts facts_of(std::string_view body) {
  const auto span = parse_json(body);
  return span.ok() ? read_facts(*span) : SpanFacts{};
}

std::vector<SpanFacts> facts_of(const std::vector<Span>& spans) {
  std::vector<SpanFacts> facts;
  facts.reserve(spans.size());
  for (const Span& span : spans) facts.push_back(facts_of(span.body));
  return facts;
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

std::optional<std::string> sum_tokens(const std::vector<TokenNode>& spans) {
  std::map<std::string_view, std::vector<const TokenNode*>> below;
  std::set<std::string_view> ids;
  for (const TokenNode& span : spans) ids.insert(span.id);
  std::vector<const TokenNode*> open;  // whose ancestors told nothing
  for (const TokenNode& span : spans) {
    if (ids.contains(span.parent_id))
      below[span.parent_id].push_back(&span);
    else
      open.push_back(&span);
  }
  std::map<std::string, std::int64_t> sums;
  while (!open.empty()) {
    const TokenNode& span = *open.back();
    open.pop_back();
    const auto counts = token_counts(span.tokens);
    for (const auto& [kind, count] : counts) sums[kind] += static_cast<std::int64_t>(count);
    if (!counts.empty()) continue;
    const auto& children = below[span.id];
    open.insert(open.end(), children.begin(), children.end());
  }
  if (sums.empty()) return std::nullopt;
  for (const std::string kind : {"input_tokens", "output_tokens", "total_tokens"}) sums.try_emplace(kind, 0);
  return to_text(Json(sums));
}

}  // namespace treadle::traces
