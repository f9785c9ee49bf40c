#include <gtest/gtest.h>

#include <set>

#include "adapters/access/fields.h"
#include "adapters/access/full_pages.h"
#include "adapters/access/hidden_lineage.h"
#include "adapters/access/rules.h"
#include "adapters/access/visible.h"

namespace treadle::access {
namespace {

using Values = std::vector<std::string>;

net::Request request_with(std::string body, std::string_view query = "") {
  net::Request request;
  request.method = net::Method::kPost;
  request.body = std::move(body);
  request.query = net::Query::parse(query);
  return request;
}

Values all(const net::Request& request, std::string_view field) { return Fields(request, false).all(field); }

TEST(Fields, AreFoundWhereverAHandlerMightReadThem) {
  const auto request = request_with(
      R"({"run_id": "a", "n": 7, "info": {"run_id": "b", "deep": {"x": "c"}}, "ids": ["d", "e"],
          "models": [{"model_id": "f"}, {"model_id": "g"}]})",
      "run_id=q&ids=r");
  EXPECT_EQ(all(request, "run_id"), (Values{"a", "q"}));
  EXPECT_EQ(all(request, "n"), Values{"7"});
  EXPECT_EQ(all(request, "info.run_id"), Values{"b"});
  EXPECT_EQ(all(request, "info.deep.x"), Values{"c"});
  EXPECT_EQ(all(request, "ids[]"), (Values{"d", "e", "r"}));
  EXPECT_EQ(all(request, "models[].model_id[]"), (Values{"f", "g"}));
  EXPECT_EQ(all(request, "nothing"), Values{});
  EXPECT_EQ(all(request, "n|info.run_id"), (Values{"7", "b"}));
}

TEST(Fields, ParametersOfThePathHideTheRest) {
  auto request = request_with(R"({"name": "body"})", "name=query");
  request.path_params = {{"name", "path"}};
  EXPECT_EQ(all(request, "name"), Values{"path"});
}

TEST(Fields, TwoValuesForOneFieldAreRefused) {
  for (const char* body : {R"({"run_id": "a", "run_id": "b"})", R"({"run_id": "b", "run_id": "a"})",
                           R"({"run_id": "a", "run\u005fid": "b"})"}) {
    const auto request = request_with(body);
    EXPECT_EQ(Fields(request, false).one("run_id").status().field(), "run_id") << body;
  }
  const auto same = request_with(R"({"run_id": "a"})", "run_id=a");
  EXPECT_EQ(Fields(same, false).one("run_id")->value(), "a");
}

TEST(Fields, AKeyThatLooksLikeAPathStandsForNone) {
  EXPECT_EQ(all(request_with(R"({"info.run_id": "a", "ids[]": "b"})"), "info.run_id"), Values{});
  EXPECT_EQ(all(request_with(R"({"ids[]": "b"})"), "ids[]"), Values{});
}

TEST(Fields, TextWithinTextIsReadAsOldClientsMeanIt) {
  EXPECT_EQ(all(request_with(R"("{\"run_id\": \"a\"}")"), "run_id"), Values{"a"});
  EXPECT_EQ(all(request_with("\xef\xbb\xbf{\"run_id\": \"a\"}"), "run_id"), Values{"a"});
}

TEST(Fields, OfABrokenBodyNothingIsBelieved) {
  for (const char* body : {"{", R"({"run_id": "a"} {"run_id": "b"})", R"({"run_id": "a", })", "\"{\"", "a,b\n1,2"}) {
    const auto request = request_with(body, "run_id=a");
    EXPECT_FALSE(Fields(request, false).one("run_id").ok()) << body;
    EXPECT_TRUE(Fields(request, true).one("run_id").ok()) << body;  // a file is a file
  }
}

TEST(Visible, ItemsThatMayNotBeReadAreLeftOut) {
  auto answer = net::Response::json({{"runs",
                                      {{{"info", {{"experiment_id", "1"}}}, {"n", 1}},
                                       {{"info", {{"experiment_id", "2"}}}, {"n", 2}},
                                       {{"info", {{"experiment_id", 1}}}, {"n", 3}},
                                       {{"n", 4}}}},
                                     {"next_page_token", "t"}});
  hide_items(
      {{"runs", Of::kExperiment, "info.experiment_id"}},
      [](Of of, const std::string& id) { return of == Of::kExperiment && id == "1"; }, answer);
  const auto shown = parse_json(std::get<std::string>(answer.body));
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ((*shown)["runs"].size(), 2u);  // what does not say whose it is stays hidden
  EXPECT_EQ((*shown)["runs"][1]["n"], 3);
  EXPECT_EQ((*shown)["next_page_token"], "t");
}

Json why_answer() {
  return parse_json(R"({
    "prediction": {"id": "p", "run_id": "secret-run"}, "model_version": {"name": "open", "version": 3},
    "run": {"id": "open-run", "name": "training"}, "training_data": {"name": "train"}, "commit": "abc",
    "training_steps": [], "pipeline_run": {"id": "secret-run", "name": "SECRET"}, "steps": [{"name": "SECRET"}],
    "raw_rows": [{"line": 1, "x": "SECRET"}], "raw_source": {"path": "SECRET"},
    "deployment": {"name": "d", "run_id": "secret-run", "reason": "SECRET"},
    "graph": {"nodes": [
      {"kind": "predictions", "id": "d/secret-run", "attributes": {}},
      {"kind": "run", "id": "secret-run", "attributes": {"name": "SECRET"}},
      {"kind": "step", "id": "secret-run/SECRET", "attributes": {}},
      {"kind": "dataset", "id": "sha256:SECRET", "attributes": {"name": "SECRET"}},
      {"kind": "dataset", "id": "sha256:both", "attributes": {"name": "shared"}},
      {"kind": "run", "id": "open-run", "attributes": {"name": "training"}}],
     "edges": [
      {"from": {"kind": "run", "id": "secret-run"}, "to": {"kind": "predictions", "id": "d/secret-run"}, "relation": "output"},
      {"from": {"kind": "dataset", "id": "sha256:SECRET"}, "to": {"kind": "run", "id": "secret-run"}, "relation": "input"},
      {"from": {"kind": "dataset", "id": "sha256:both"}, "to": {"kind": "run", "id": "secret-run"}, "relation": "input"},
      {"from": {"kind": "dataset", "id": "sha256:both"}, "to": {"kind": "run", "id": "open-run"}, "relation": "input"}]}})")
      .value();
}

TEST(HiddenLineage, ShowsTheChainWithoutNames) {
  const auto may_read = [](Of, const std::string& value) { return value.find("secret") == std::string::npos; };
  auto response = net::Response::json(why_answer());
  ASSERT_TRUE(hide_lineage(may_read, response));
  const std::string text = std::get<std::string>(response.body);
  EXPECT_EQ(text.find("SECRET"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret-run"), std::string::npos) << text;
  const Json shown = *parse_json(text);
  EXPECT_EQ(shown["pipeline_run"], Json({{"hidden", true}}));
  EXPECT_EQ(shown["run"]["name"], "training");
  EXPECT_EQ(shown["commit"], "abc");
  EXPECT_EQ(shown["graph"]["nodes"].size(), 6u);
  EXPECT_EQ(shown["graph"]["nodes"][4]["id"], "sha256:both");  // open-run read it
  EXPECT_EQ(shown["graph"]["edges"][0]["from"]["kind"], "hidden");
  EXPECT_EQ(shown["graph"]["edges"][0]["from"], shown["graph"]["edges"][1]["to"]);
}

TEST(HiddenLineage, NeedsTheModelAndHidesTheTraining) {
  auto response = net::Response::json(why_answer());
  EXPECT_FALSE(hide_lineage([](Of of, const std::string&) { return of != Of::kModel; }, response));
  ASSERT_TRUE(hide_lineage([](Of, const std::string& value) { return value != "open-run"; }, response));
  const Json shown = *parse_json(std::get<std::string>(response.body));
  EXPECT_EQ(shown["run"], Json({{"hidden", true}}));
  EXPECT_TRUE(shown["training_data"].is_null() && shown["commit"].is_null());
  EXPECT_EQ(shown["pipeline_run"]["name"], "SECRET");
}

TEST(FullPages, TotalsCountWhatIsShown) {
  const Keep keep{"runs", Of::kRun, "id"};
  const auto page = [](const net::Request& request) {
    const bool second = request.query.get("page_token") == "2";
    Json answer = {{"runs", {{{"id", second ? "c" : "a"}}, {{"id", second ? "d" : "b"}}}}, {"total", 4}};
    if (!second) answer["next_page_token"] = "2";
    return net::Response::json(answer);
  };
  const auto shown = [&](std::string_view query, const MayRead& may_read) {
    net::Request request;
    request.path = "/api/v1/pipeline-runs";
    request.query = net::Query::parse(query);
    net::Response first = page(request);
    fill_page(keep, may_read, page, request, first);
    return *parse_json(std::get<std::string>(first.body));
  };
  const MayRead most = [](Of, const std::string& id) { return id != "a"; };
  EXPECT_FALSE(shown("page_token=2", most).contains("total"));
  EXPECT_EQ(shown("", [](Of, const std::string& id) { return id == "b"; })["total"], 1);
}

class Pieces final : public net::StreamSource {
 public:
  explicit Pieces(Values pieces) : pieces_(std::move(pieces)) {}
  State poll(std::string& out, const std::function<void()>&) override {
    if (at_ == pieces_.size()) return State::kEnd;
    out = pieces_[at_++];
    return State::kData;
  }

 private:
  Values pieces_;
  std::size_t at_ = 0;
};

TEST(Visible, EventsThatMayNotBeReadAreLeftOut) {
  const auto source = visible_events(
      std::make_unique<Pieces>(Values{"id: 1\ndata: {\"subject\": \"a\"}\n\nid: 2\ndata: {\"subject\": \"b\"}\n\n",
                                      "data: {\"subject\": \"b\"}\n\n", "data: broken\n\n", ": hello\n\n"}),
      {"", Of::kSubject, "subject"}, [](Of, const std::string& subject) { return subject == "a"; });
  std::string first, second, third;
  EXPECT_EQ(source->poll(first, [] {}), net::StreamSource::State::kData);
  EXPECT_EQ(first, "id: 1\ndata: {\"subject\": \"a\"}\n\n");
  EXPECT_EQ(source->poll(second, [] {}), net::StreamSource::State::kData);
  EXPECT_EQ(second, ": hello\n\n");
  EXPECT_EQ(source->poll(third, [] {}), net::StreamSource::State::kEnd);
}

TEST(Rules, NameEachRouteOnceAndSayWhatIsChecked) {
  std::set<std::string_view> seen;
  for (const auto* rules : {&mlflow_rules(), &other_rules()}) {
    for (const RouteRule& entry : *rules) {
      EXPECT_TRUE(seen.insert(entry.route).second) << entry.route << " has two rules";
      const bool says = !entry.rule.needs.empty() || !entry.rule.keeps.empty() || entry.rule.lineage;
      EXPECT_EQ(entry.rule.who == Who::kChecked, says) << entry.route;
    }
  }
}

TEST(Rules, ARouteWithoutOneIsForAdministrators) {
  const net::Router::Route route{net::Method::kGet, "/api/v9/new", {}, {}, {}};
  EXPECT_EQ(rule_for(route).who, Who::kAdmin);
  EXPECT_EQ(describe(rule_for(route)), "an administrator");
}

TEST(Rules, AnMlflowRouteHasOneRuleUnderAllItsPrefixes) {
  for (const char* prefix : {"/api/2.0/", "/ajax-api/2.0/", "/api/3.0/", "/ajax-api/3.0/"}) {
    const net::Router::Route route{net::Method::kGet, str_cat(prefix, "mlflow/runs/get"), {}, {}, {}};
    EXPECT_EQ(describe(rule_for(route)), "READ of the run in run_id|run_uuid");
  }
}

}  // namespace
}  // namespace treadle::access
