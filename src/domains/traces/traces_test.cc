#include <gtest/gtest.h>

#include "domains/traces/service.h"
#include "domains/traces/span_facts.h"
#include "domains/tracking/testing/tracking_test.h"

namespace treadle::traces {
namespace {

using Ids = std::vector<std::string>;

class Traces : public tracking::testing::TrackingTest {
 protected:
  void SetUp() override {
    TrackingTest::SetUp();
    if (IsSkipped()) return;
    traces_ = std::make_unique<Service>(database(), clock_, tracking());
    ASSERT_TRUE(traces_->open().ok());
  }
  Service& traces() { return *traces_; }
  void make(const std::string& id, std::int64_t at_ms, const std::string& state = "OK", Pairs tags = {}) {
    const auto made = traces().report({.id = id,
                                       .experiment_id = "0",
                                       .request_ms = at_ms,
                                       .duration_ms = at_ms * 2,
                                       .state = state,
                                       .tags = std::move(tags)});
    ASSERT_TRUE(made.ok()) << made.status().to_string();
  }
  Ids search(const std::string& filter, Ids order = {}, std::int64_t limit = 100, std::int64_t offset = 0) {
    const auto page = traces().search({{"0"}, filter, std::move(order), limit, offset});
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    Ids ids;
    if (page.ok())
      for (const TraceInfo& info : page->items) ids.push_back(info.id);
    return ids;
  }
  std::int64_t rows(const std::string& table) {
    std::int64_t count = -1;
    EXPECT_TRUE(database()
                    .read([&](sql::Connection& connection) -> Status {
                      ASSIGN_OR_RETURN(const auto found, connection.query_integer("SELECT COUNT(*) FROM " + table));
                      count = found.value_or(-1);
                      return ok_status();
                    })
                    .ok());
    return count;
  }

 private:
  std::unique_ptr<Service> traces_;
};

Span span(const std::string& trace, const std::string& id, const std::string& parent, std::int64_t start_ms) {
  return {.trace_id = trace,
          .id = id,
          .parent_id = parent,
          .name = "span " + id,
          .start_ns = start_ms * 1'000'000,
          .end_ns = (start_ms + 5) * 1'000'000,
          .body = "{\"id\":\"" + id + "\"}"};
}

TEST_P(Traces, NewestFirstAndPagesHoldEachOnce) {
  for (int i = 0; i < 5; ++i) make("t" + std::to_string(i), 10 + i / 2);
  EXPECT_EQ(search(""), (Ids{"t4", "t3", "t2", "t1", "t0"}));
  EXPECT_EQ(search("", {"timestamp_ms ASC"}, 2), (Ids{"t0", "t1"}));
  EXPECT_EQ(search("", {"timestamp_ms ASC"}, 2, 4), (Ids{"t4"}));
  EXPECT_TRUE(traces().search({{"0"}, "", {}, 4, 0})->more);
  EXPECT_FALSE(traces().search({{"0"}, "", {}, 5, 0})->more);
}

TEST_P(Traces, ConditionsOnAttributesAndTags) {
  make("a", 1, "OK", {{"team", "grid"}});
  make("b", 2, "ERROR", {{"team", "Sales"}});
  make("c", 3);
  EXPECT_EQ(search("status = 'ERROR'"), (Ids{"b"}));
  EXPECT_EQ(search("tags.team ILIKE 'sales'"), (Ids{"b"}));
  EXPECT_EQ(search("tags.team IS NULL"), (Ids{"c"}));
  EXPECT_EQ(search("execution_time_ms > 2 AND timestamp_ms < 3"), (Ids{"b"}));
  EXPECT_EQ(search("", {"tags.team ASC"}), (Ids{"b", "a", "c"}));
  EXPECT_EQ(traces().search({{"0"}, "metrics.x = 1"}).status().field(), "filter");
  EXPECT_EQ(traces().search({{"0"}, "", {"colour"}}).status().field(), "order_by");
  EXPECT_EQ(traces().search({}).status().field(), "locations");
}

TEST_P(Traces, SpansAloneMakeATraceAndAReportOutranksThem) {
  ASSERT_TRUE(traces().record("0", {span("t", "2", "1", 12)}).ok());
  EXPECT_EQ(traces().get("t")->info.state, "IN_PROGRESS");
  ASSERT_TRUE(traces().record("0", {span("t", "1", "", 10), span("t", "1", "", 10)}).ok());
  auto trace = traces().get("t");
  EXPECT_EQ(trace->info.state, "OK");
  EXPECT_EQ(trace->info.request_ms, 10);
  EXPECT_EQ(trace->info.duration_ms, 5);
  EXPECT_EQ(trace->spans, (Ids{"{\"id\":\"1\"}", "{\"id\":\"2\"}"}));
  make("t", 7, "ERROR");
  ASSERT_TRUE(traces().record("0", {span("t", "1", "", 10)}).ok());
  EXPECT_EQ(traces().get("t")->info.state, "ERROR");
  EXPECT_EQ(traces().get("t")->info.request_ms, 7);
  EXPECT_EQ(traces().get("t")->spans.size(), 2u);
}

TEST_P(Traces, DeletionTakesTheOldestWithAllThatIsTheirs) {
  for (int i = 0; i < 3; ++i) {
    const std::string id = "t" + std::to_string(i);
    make(id, i);
    ASSERT_TRUE(traces().record("0", {span(id, "1", "", i)}).ok());
  }
  EXPECT_EQ(*traces().remove({.experiment_id = "0", .until_ms = 2, .limit = 1}), 1);
  EXPECT_EQ(search(""), (Ids{"t2", "t1"}));
  EXPECT_EQ(rows("trace_spans"), 2);
  EXPECT_EQ(*traces().remove({.experiment_id = "7", .ids = {"t1"}}), 0);
  EXPECT_EQ(*traces().remove({.experiment_id = "0", .ids = {"t1", "t2", "t9"}}), 2);
  for (const char* table : {"traces", "trace_tags", "trace_metadata", "trace_spans"})
    EXPECT_EQ(rows(table), 0) << table;
}

TEST_P(Traces, WhatIsRefusedChangesNothing) {
  make("t", 1);
  const auto other = tracking().create_experiment("other");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(traces().record(other->id, {span("t", "1", "", 1)}).field(), "experiment_id");
  EXPECT_EQ(traces().record("99", {span("u", "1", "", 1)}).code(), StatusCode::kNotFound);
  EXPECT_EQ(traces().record("0", std::vector<Span>(Service::kMostSpans + 1, span("u", "1", "", 1))).field(), "spans");
  EXPECT_EQ(traces().report({.id = std::string(51, 'x'), .experiment_id = "0"}).status().field(), "trace_id");
  EXPECT_EQ(traces().set_tag("t", "k", std::string(8001, 'v')).field(), "tags");
  EXPECT_EQ(traces().set_tag("nobody", "k", "v").code(), StatusCode::kNotFound);
  for (const Deletion& wrong :
       {Deletion{"0"}, Deletion{"0", {"t"}, 5}, Deletion{"0", {"t"}, {}, 5}, Deletion{"0", {}, 5, 0}})
    EXPECT_EQ(traces().remove(wrong).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(rows("traces"), 1);
  EXPECT_EQ(rows("trace_spans"), 0);
}

TEST(SumTokens, ASpanThatTellsCountsForAllBelowIt) {
  const std::string one = R"({"input_tokens":10,"output_tokens":2,"total_tokens":12})";
  EXPECT_EQ(sum_tokens({{"a", "", ""}, {"b", "a", ""}}), std::nullopt);
  EXPECT_EQ(sum_tokens({{"a", "", ""}, {"b", "a", one}, {"c", "a", one}}),
            R"({"input_tokens":20,"output_tokens":4,"total_tokens":24})");
  EXPECT_EQ(sum_tokens({{"c", "b", one}, {"b", "a", ""}, {"a", "", one}}), one);
  // A parent that is not there is none; a circle is nobody's.
  EXPECT_EQ(sum_tokens({{"a", "elsewhere", one}, {"x", "y", one}, {"y", "x", one}}), one);
  EXPECT_EQ(sum_tokens({{"a", "", R"({"input_tokens":1,"cache_read_input_tokens":7})"}}),
            R"({"cache_read_input_tokens":7,"input_tokens":1,"output_tokens":0,"total_tokens":0})");
}

TEST(SpanFacts, AreFoundUnderTheNamesOfSeveralConventions) {
  const auto facts = facts_of(std::string_view(R"({"attributes":[
      {"key":"gen_ai.request.model","value":{"string_value":"asked"}},
      {"key":"gen_ai.response.model","value":{"string_value":"used"}},
      {"key":"gen_ai.usage.input_tokens","value":{"int_value":"5"}},
      {"key":"gen_ai.usage.output_tokens","value":{"int_value":"3"}},
      {"key":"gen_ai.conversation.id","value":{"string_value":"s\u00001"}},
      {"key":"mlflow.traceTag.team","value":{"string_value":"\"grid\""}},
      {"key":"mlflow.traceTag.","value":{"string_value":"no key"}},
      {"key":"input.value","value":{"string_value":"why?"}}]})"));
  EXPECT_EQ(facts.model, "used");
  EXPECT_EQ(facts.tokens, R"({"input_tokens":5,"output_tokens":3,"total_tokens":8})");
  EXPECT_EQ(facts.session, "s 1");
  EXPECT_EQ(facts.request, "\"why?\"");
  EXPECT_EQ(facts.tags, (Pairs{{"team", "grid"}}));
  const auto broken = facts_of(std::string_view(
      R"({"attributes":[{"key":"mlflow.chat.tokenUsage","value":{"string_value":"many"}},7,{"key":"user.id"}]})"));
  EXPECT_EQ(broken.tokens, std::nullopt);
}

TEST(SpanFacts, PreviewsAreJsonInItsOrderOrWhatWasSaidLast) {
  const auto preview_of = [](std::string_view said) {
    const Json span = {{"attributes", {{{"key", "mlflow.spanInputs"}, {"value", {{"string_value", said}}}}}}};
    return facts_of(std::string_view(to_text(span))).request;
  };
  EXPECT_EQ(preview_of(R"({"b":1,"a":[2,{"z":null,"y":"ü"}]})"), R"({"b": 1, "a": [2, {"z": null, "y": "\u00fc"}]})");
  EXPECT_EQ(preview_of("5"), "5");
  EXPECT_EQ(preview_of(R"({"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"why?"}]})"),
            "why?");
  EXPECT_EQ(preview_of(R"({"choices":[{"message":{"content":"because"}}]})"), "because");
  EXPECT_EQ(preview_of(R"({"messages":[{"content":[{"type":"image"}]}]})"),
            R"({"messages": [{"content": [{"type": "image"}]}]})");
  EXPECT_EQ(preview_of(R"({"messages":7,"choices":[7]})"), R"({"messages": 7, "choices": [7]})");
  EXPECT_EQ(preview_of(std::string(2000, 'x'))->size(), 1000u);
}

// As a database looks that was written before spans had columns for what is aggregated.
TEST_P(Traces, WhatOlderVersionsStoredIsCountedToo) {
  make("t", 1);
  Span old = span("t", "1", "", 1);
  old.body = R"({"name":"old","start_time_unix_nano":"1000000","end_time_unix_nano":"6000000","status":{"code":)"
             R"("STATUS_CODE_ERROR"},"attributes":[{"key":"mlflow.spanType","value":{"string_value":"\"LLM\""}},)"
             R"({"key":"mlflow.llm.cost","value":{"string_value":"{\"total_cost\": 2}"}}]})";
  ASSERT_TRUE(traces().record("0", {old}).ok());
  ASSERT_TRUE(traces()
                  .report({.id = "t",
                           .experiment_id = "0",
                           .request_ms = 1,
                           .metadata = {{"mlflow.trace.tokenUsage", R"({"input_tokens": 3, "total_tokens": "x"})"}}})
                  .ok());
  ASSERT_TRUE(database()
                  .write([](sql::Connection& tx) -> Status {
                    RETURN_IF_ERROR(
                        tx.execute("UPDATE trace_spans SET name = NULL, type = NULL, status = NULL,"
                                   " end_ns = NULL, total_cost = NULL"));
                    RETURN_IF_ERROR(tx.execute("DELETE FROM trace_numbers"));
                    return tx.execute("INSERT INTO traces_to_upgrade SELECT id FROM traces").status();
                  })
                  .ok());
  ASSERT_TRUE(traces().open().ok());
  EXPECT_EQ(rows("traces_to_upgrade"), 0);
  const auto one = [&](View view, const std::string& metric, const std::string& kind, Ids dimensions = {}) {
    const auto page = traces().metrics({.experiment_ids = {"0"},
                                        .view = view,
                                        .metric = metric,
                                        .aggregations = {{.kind = kind, .name = "it"}},
                                        .dimensions = std::move(dimensions),
                                        .filters = {}});
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    return page.ok() && page->points.size() == 1 ? page->points.front() : MetricPoint{};
  };
  EXPECT_EQ(one(View::kTraces, "input_tokens", "SUM").values["it"], 3);
  EXPECT_EQ(one(View::kSpans, "latency", "MAX").values["it"], 5);
  EXPECT_EQ(one(View::kSpans, "total_cost", "SUM").values["it"], 2);
  const std::map<std::string, std::string> told = {
      {"span_name", "old"}, {"span_status", "ERROR"}, {"span_type", "LLM"}};
  EXPECT_EQ(one(View::kSpans, "span_count", "COUNT", {"span_name", "span_status", "span_type"}).dimensions, told);
}

TREADLE_ON_BOTH_ENGINES(Traces);

}  // namespace
}  // namespace treadle::traces
