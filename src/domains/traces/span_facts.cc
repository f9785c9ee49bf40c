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

// Plain values in the order in which they were written.
OrderedJson ordered_value(const Json& typed) {
  if (const Json* text = member(typed, "string_value"); text != nullptr && text->is_string()) {
    auto inside = parse_ordered_json(text->get_ref<const std::string&>());
    return inside.ok() ? *std::move(inside) : OrderedJson(text->get_ref<const std::string&>());
  }
  const Json* list = member(typed, "kvlist_value");
  const Json* pairs = list == nullptr ? nullptr : member(*list, "values");
  if (pairs == nullptr || !pairs->is_array()) return plain_value(typed);
  OrderedJson object = OrderedJson::object();
  for (const Json& pair : *pairs) {
    const Json *key = member(pair, "key"), *value = member(pair, "value");
    if (key != nullptr && key->is_string() && value != nullptr)
      object[key->get_ref<const std::string&>()] = ordered_value(*value);
  }
  return object;
}

// Of a conversation what was said last, as clients of chat models write it: {"messages": [{"content": …}]}.
const OrderedJson* said_last(const OrderedJson& value) {
  const OrderedJson* message = nullptr;
  if (const auto asked = value.find("messages"); asked != value.end() && asked->is_array() && !asked->empty())
    message = &asked->back();
  if (const auto told = value.find("choices"); told != value.end() && told->is_array() && !told->empty()) {
    const OrderedJson& first = told->front();
    const auto it = first.is_object() ? first.find("message") : first.end();
    if (first.is_object() && it != first.end()) message = &*it;
  }
  if (message == nullptr || !message->is_object()) return nullptr;
  const auto content = message->find("content");
  return content != message->end() && content->is_string() ? &*content : nullptr;
}

// As MLflow shows what went in and out: JSON as Python writes it, or the last message of a conversation.
std::optional<std::string> preview(const Json& value) {
  const OrderedJson plain = ordered_value(value);
  if (plain.is_null()) return std::nullopt;
  const OrderedJson* last = plain.is_object() ? said_last(plain) : nullptr;
  std::string text = last != nullptr ? last->get<std::string>() : to_python_text(plain);
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() <= kLongestPreview) return text;
  return str_cat(utf8_prefix(text, kLongestPreview - 3), "...");
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

// Names of MLflow for what other conventions call differently; clients and pages look only for these.
constexpr std::string_view kType = "mlflow.spanType", kModel = "mlflow.llm.model", kProvider = "mlflow.llm.provider",
                           kInputs = "mlflow.spanInputs", kOutputs = "mlflow.spanOutputs",
                           kTokens = "mlflow.chat.tokenUsage";

// Facts by the names that MLflow and then OpenInference, OpenTelemetry and Traceloop give them, the preferred first.
struct Named {
  std::string_view key;
  std::string_view own;  // MLflow's name of it, where a span has one
  std::optional<std::string> SpanFacts::*fact;
  bool any_form = false;  // objects and lists too, as JSON
};
constexpr std::array<Named, 26> kNamed = {{{kType, kType, &SpanFacts::type},
                                           {kModel, kModel, &SpanFacts::model},
                                           {"llm.response.model_name", kModel, &SpanFacts::model},
                                           {"llm.model_name", kModel, &SpanFacts::model},
                                           {"llm.request.model_name", kModel, &SpanFacts::model},
                                           {"embedding.model_name", kModel, &SpanFacts::model},
                                           {"gen_ai.response.model", kModel, &SpanFacts::model},
                                           {"gen_ai.request.model", kModel, &SpanFacts::model},
                                           {kProvider, kProvider, &SpanFacts::provider},
                                           {"llm.provider", kProvider, &SpanFacts::provider},
                                           {"gen_ai.provider.name", kProvider, &SpanFacts::provider},
                                           {"gen_ai.system", kProvider, &SpanFacts::provider},
                                           {"session.id", "", &SpanFacts::session},
                                           {"gen_ai.conversation.id", "", &SpanFacts::session},
                                           {"user.id", "", &SpanFacts::user},
                                           {kInputs, kInputs, &SpanFacts::request, true},
                                           {"input.value", kInputs, &SpanFacts::request, true},
                                           {"gen_ai.input.messages", kInputs, &SpanFacts::request, true},
                                           {"gen_ai.tool.call.arguments", kInputs, &SpanFacts::request, true},
                                           {"traceloop.entity.input", kInputs, &SpanFacts::request, true},
                                           {kOutputs, kOutputs, &SpanFacts::response, true},
                                           {"output.value", kOutputs, &SpanFacts::response, true},
                                           {"gen_ai.output.messages", kOutputs, &SpanFacts::response, true},
                                           {"gen_ai.tool.call.result", kOutputs, &SpanFacts::response, true},
                                           {"traceloop.entity.output", kOutputs, &SpanFacts::response, true},
                                           {kTokens, "", &SpanFacts::tokens, true}}};

// What sort of work a span was, in each convention's words.
struct Kind {
  std::string_view key, value, type;
};
constexpr std::string_view kUnknown = "UNKNOWN", kOpenInference = "openinference.span.kind",
                           kGenAi = "gen_ai.operation.name", kTraceloop = "traceloop.span.kind";
constexpr std::array<Kind, 22> kKinds = {{{kOpenInference, "TOOL", "TOOL"},
                                          {kOpenInference, "CHAIN", "CHAIN"},
                                          {kOpenInference, "LLM", "LLM"},
                                          {kOpenInference, "RETRIEVER", "RETRIEVER"},
                                          {kOpenInference, "EMBEDDING", "EMBEDDING"},
                                          {kOpenInference, "AGENT", "AGENT"},
                                          {kOpenInference, "RERANKER", "RERANKER"},
                                          {kOpenInference, "GUARDRAIL", "GUARDRAIL"},
                                          {kOpenInference, "EVALUATOR", "EVALUATOR"},
                                          {kGenAi, "chat", "CHAT_MODEL"},
                                          {kGenAi, "create_agent", "AGENT"},
                                          {kGenAi, "embeddings", "EMBEDDING"},
                                          {kGenAi, "execute_tool", "TOOL"},
                                          {kGenAi, "generate_content", "LLM"},
                                          {kGenAi, "invoke_agent", "AGENT"},
                                          {kGenAi, "text_completion", "LLM"},
                                          {kGenAi, "response", "LLM"},
                                          {kTraceloop, "workflow", "WORKFLOW"},
                                          {kTraceloop, "task", "TASK"},
                                          {kTraceloop, "agent", "AGENT"},
                                          {kTraceloop, "tool", "TOOL"},
                                          {kTraceloop, "unknown", kUnknown}}};

// The counts of tokens in the same three conventions; that of MLflow is one text of all kinds.
constexpr std::array<std::array<std::string_view, 6>, 3> kTokenKeys = {
    {{"llm.token_count.prompt", "llm.token_count.completion", "llm.token_count.total",
      "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_write", ""},
     {"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "", "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"},
     {"gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens", "llm.usage.total_tokens", "", "", ""}}};

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
  if (key.empty() || key.size() > kLongestTagKey || facts.tags.size() >= kMostTags || is_kept_by_server(key)) return;
  if (auto text = fact_text(value, kLongestTagValue)) facts.tags.emplace_back(key, *std::move(text));
}

// Attributes that a span lacks by MLflow's names, with their values' types.
using Added = std::map<std::string_view, Json>;

// Whether there is something in it: not "", "{}" or null.
bool tells(const Json& value) {
  Json plain = plain_value(value);
  if (plain.is_string()) {
    auto inside = parse_json(plain.get_ref<const std::string&>());
    if (inside.ok()) plain = *std::move(inside);
  }
  if (plain.is_string()) return !plain.get_ref<const std::string&>().empty();
  return !plain.empty() && plain != Json(false) && plain != Json(0);
}

void read_named(const Attributes& attributes, SpanFacts& facts, Added& added) {
  for (const Named& named : kNamed) {
    const auto it = attributes.find(named.key);
    if (it == attributes.end()) continue;
    const Json& value = *it->second;
    const bool is_new = !named.own.empty() && !attributes.contains(named.own) && !added.contains(named.own);
    if (!tells(value)) continue;
    if (is_new) added[named.own] = value;
    if (!(facts.*named.fact)) facts.*named.fact = named.any_form ? preview(value) : fact_text(value);
  }
}

void read_kind(const Attributes& attributes, SpanFacts& facts, Added& added) {
  if (facts.type && *facts.type != kUnknown) return;
  for (const Kind& kind : kKinds) {
    const auto it = attributes.find(kind.key);
    if (it == attributes.end() || fact_text(*it->second) != kind.value) continue;
    facts.type = kind.type;
    added[kType] = {{"string_value", kind.type}};
    return;
  }
}

void read_tokens(const Attributes& attributes, SpanFacts& facts, Added& added) {
  // What is no list of counts is not told.
  if (facts.tokens && token_counts(*facts.tokens).empty()) facts.tokens.reset();
  if (facts.tokens) return;
  facts.tokens = conventional_tokens(attributes);
  if (!facts.tokens || attributes.contains(kTokens)) return;
  Json pairs = Json::array();
  for (const auto& [kind, count] : token_counts(*facts.tokens))
    pairs.push_back({{"key", kind}, {"value", {{"int_value", str_cat(static_cast<std::int64_t>(count))}}}});
  added[kTokens] = {{"kvlist_value", {{"values", pairs}}}};
}

Added read_attributes(const Attributes& attributes, SpanFacts& facts) {
  Added added;
  read_named(attributes, facts, added);
  read_kind(attributes, facts, added);
  read_tokens(attributes, facts, added);
  if (const auto cost = attributes.find("mlflow.llm.cost"); cost != attributes.end()) read_costs(*cost->second, facts);
  for (auto it = attributes.lower_bound(kTagPrefix); it != attributes.end() && it->first.starts_with(kTagPrefix); ++it)
    read_tag(it->first, *it->second, facts);
  return added;
}

Added read_facts(const Json& span, SpanFacts& facts) {
  if (const Json* status = member(span, "status")) {
    const std::string code = text_member(*status, "code");
    if (code == "STATUS_CODE_OK") facts.status = "OK";
    if (code == "STATUS_CODE_ERROR") facts.status = "ERROR";
  }
  const Json* attributes = member(span, "attributes");
  if (attributes == nullptr || !attributes->is_array()) return {};
  Attributes by_key;  // of a key that comes twice the last value counts
  for (const Json& pair : *attributes) {
    const Json *key = member(pair, "key"), *value = member(pair, "value");
    if (key != nullptr && key->is_string() && value != nullptr) by_key[key->get_ref<const std::string&>()] = value;
  }
  return read_attributes(by_key, facts);
}

// Whether there were such.
bool unwrap_attributes(Json& body) {
  const auto attributes = body.find("attributes");
  if (attributes == body.end() || !attributes->is_array()) return false;
  bool any = false;
  for (Json& pair : *attributes) {
    const Json* value = member(pair, "value");
    if (value == nullptr) continue;
    Json inside = unwrapped(*value);
    if (inside == *value) continue;
    pair["value"] = std::move(inside);
    any = true;
  }
  return any;
}

}  // namespace

SpanFacts facts_of(std::string_view body) {
  SpanFacts facts;
  if (const auto span = parse_json(body); span.ok()) read_facts(*span, facts);
  return facts;
}

std::vector<SpanFacts> translate(std::vector<Span>& spans) {
  std::vector<SpanFacts> all(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    auto body = parse_json(spans[i].body);
    if (!body.ok()) continue;
    const Added added = read_facts(*body, all[i]);
    const bool unwrapped_any = unwrap_attributes(*body);
    for (const auto& [key, value] : added) (*body)["attributes"].push_back({{"key", key}, {"value", unwrapped(value)}});
    if (unwrapped_any || !added.empty()) spans[i].body = to_text(*body);
  }
  return all;
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
