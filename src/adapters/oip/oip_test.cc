#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "adapters/oip/routes.h"
#include "domains/serving/test_world.h"

namespace treadle::oip {
namespace {

using net::Method;
using ::testing::HasSubstr;

struct Answer {
  int status = 0;
  std::string body;
  net::Headers headers;
  Json json() const { return *parse_json(body); }
};

class OipTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_ = serving::testing::World::create();
    world_->source.add("demand", 1, "100");
    world_->source.add("plain", 1, "0", false);
    ASSERT_TRUE(world_->service->deploy("demand", {.model = "demand", .version = 1}).ok());
    add_routes(router_, *world_->service);
  }
  void deploy_plain() { ASSERT_TRUE(world_->service->deploy("plain", {.model = "plain", .version = 1}).ok()); }

  Answer send(Method method, const std::string& path, std::string body = "",
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    const net::Router::Match match = router_.match(method, path);
    if (match.route == nullptr) return {.status = match.allowed.empty() ? 404 : 405, .body = "", .headers = {}};
    net::Request request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    request.path_params = match.params;
    for (const auto& [name, value] : headers) request.headers.set(name, value);
    net::Response response = match.route->handler(request);
    return {.status = response.status, .body = std::get<std::string>(response.body), .headers = response.headers};
  }
  Answer infer(std::string body) { return send(Method::kPost, "/v2/models/demand/infer", std::move(body)); }
  Answer score(std::string body, const std::string& type = "application/json") {
    return send(Method::kPost, "/invocations", std::move(body), {{"Content-Type", type}});
  }
  void expect_infer_error(const std::string& body, const std::string& text) {
    const Answer answer = infer(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.json().value("error", ""), HasSubstr(text)) << body;
  }
  void expect_score_error(const std::string& body, const std::string& text,
                          const std::string& type = "application/json") {
    const Answer answer = score(body, type);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json().value("error_code", ""), "BAD_REQUEST");
    EXPECT_THAT(answer.json().value("message", ""), HasSubstr(text)) << body;
  }

  std::unique_ptr<serving::testing::World> world_;
  net::Router router_;
};

TEST_F(OipTest, Describes) {
  EXPECT_EQ(send(Method::kGet, "/v2/health/live").body, R"({"live":true})");
  EXPECT_EQ(send(Method::kGet, "/v2/health/ready").body, R"({"ready":true})");
  EXPECT_EQ(send(Method::kGet, "/v2").json()["name"], "treadle");
  EXPECT_EQ(send(Method::kGet, "/v2/models").json()["models"], Json::array({"demand"}));
  const Json metadata = send(Method::kGet, "/v2/models/demand").json();
  EXPECT_EQ(metadata["inputs"][0], *parse_json(R"({"name":"a","datatype":"FP64","shape":[-1,1]})"));
  EXPECT_EQ(metadata["outputs"][0]["name"], "total");
  EXPECT_EQ(send(Method::kGet, "/v2/models/demand/versions/1/ready").status, 200);
  EXPECT_EQ(send(Method::kGet, "/v2/models/demand/versions/2/ready").status, 404);
  EXPECT_EQ(send(Method::kGet, "/v2/models/nope/ready").status, 404);
  EXPECT_EQ(send(Method::kGet, "/v2/models/demand/config").json()["input"][1]["data_type"], "TYPE_INT64");
  EXPECT_EQ(send(Method::kGet, "/v2/models/demand/infer").status, 405);
  EXPECT_EQ(send(Method::kGet, "/ping").status, 200);
}

TEST_F(OipTest, OneTensor) {
  const Answer answer =
      infer(R"({"id":"7","inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[[1,2,3],[4,null,0.5]]}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body,
            R"({"model_name":"demand","model_version":"1","id":"7","outputs":[{"name":"total","datatype":"FP32",)"
            R"("shape":[2,1],"data":[106,104.5]}]})");
  EXPECT_EQ(infer(R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP64","data":[1,2,NaN]}]})")
                .json()["outputs"][0]["data"][0],
            103);
  const Json stats = send(Method::kGet, "/v2/models/demand/stats").json()["model_stats"][0];
  EXPECT_EQ(stats["inference_count"], 3);
  EXPECT_EQ(stats["inference_stats"]["success"]["count"], 2);
}

TEST_F(OipTest, OneInputPerColumn) {
  const Answer answer =
      infer(R"({"parameters":{"content_type":"pd"},"inputs":[{"name":"b","shape":[2],"datatype":"INT64","data":[1,2]},)"
            R"({"name":"a","shape":[2,1],"datatype":"FP64","data":[[10],[20]]}],"outputs":[{"name":"total"}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["outputs"][0]["data"], Json::array({111, 122}));
  EXPECT_EQ(answer.json()["parameters"]["content_type"], "pd");
}

TEST_F(OipTest, BinaryExtension) {
  const std::string json =
      R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}],)"
      R"("outputs":[{"name":"total","parameters":{"binary_data":true}}]})";
  const float row[3] = {1, 2, 4};
  const std::string raw(reinterpret_cast<const char*>(row), sizeof row);
  const std::string path = "/v2/models/demand/infer";
  Answer answer = send(Method::kPost, path, json + raw, {{"Inference-Header-Content-Length", str_cat(json.size())}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::size_t size = static_cast<std::size_t>(*parse_int(answer.headers.get("Inference-Header-Content-Length")));
  EXPECT_EQ((*parse_json(answer.body.substr(0, size)))["outputs"][0]["parameters"]["binary_data_size"], 4);
  float value = 0;
  ASSERT_EQ(answer.body.size(), size + 4);
  std::memcpy(&value, answer.body.data() + size, 4);
  EXPECT_FLOAT_EQ(value, 107);

  answer = send(Method::kPost, path, raw, {{"Inference-Header-Content-Length", "0"}});
  EXPECT_EQ(answer.status, 200);
  for (const std::string& length : {std::string("-1"), std::string("x"), str_cat(json.size() + 100)}) {
    EXPECT_EQ(send(Method::kPost, path, json + raw, {{"Inference-Header-Content-Length", length}}).status, 400);
  }
  const auto length = str_cat(json.size());
  EXPECT_EQ(send(Method::kPost, path, json + raw.substr(4), {{"Inference-Header-Content-Length", length}}).status, 400);
  EXPECT_EQ(send(Method::kPost, path, json + raw + raw, {{"Inference-Header-Content-Length", length}}).status, 400);
}

TEST_F(OipTest, MalformedTensors) {
  expect_infer_error("", "empty");
  expect_infer_error("{", "not valid JSON");
  expect_infer_error("[]", "must be a JSON object");
  expect_infer_error("{}", "inputs: is required");
  expect_infer_error(R"({"parameters":[],"inputs":[]})", "parameters: must be an object, got an array");
  expect_infer_error(R"({"inputs":[]})", "is empty");
  expect_infer_error(R"({"inputs":[3]})", "inputs[0]: must be an object");
  const auto tensor = [](const std::string& shape, const std::string& type, const std::string& data) {
    return str_cat(R"({"inputs":[{"name":"x","shape":)", shape, R"(,"datatype":")", type, R"(","data":)", data, "}]}");
  };
  expect_infer_error(tensor("[1,3]", "FP31", "[1,2,3]"), "unknown datatype 'FP31'");
  expect_infer_error(tensor("[1,4]", "FP32", "[1,2,3,4]"), "the model takes [rows,3]");
  expect_infer_error(tensor("[3]", "FP32", "[1,2,3]"), "the model takes [rows,3]");
  expect_infer_error(tensor("[2,3]", "FP32", "[1,2,3]"), "has 3 values, but its shape takes 6");
  expect_infer_error(tensor("[1,3]", "FP32", "[1,2,3,4]"), "more values than the 3");
  expect_infer_error(tensor("[2,3]", "FP32", "[[1,2],[3,4,5,6]]"), "row 0 has 2 values");
  expect_infer_error(tensor("[1,3]", "FP32", R"([1,"2",3])"), "value 1 is a string");
  expect_infer_error(tensor("[1,3]", "INT64", "[1,2.5,3]"), "value 1 is a fraction");
  expect_infer_error(tensor("[1,3]", "FP32", "[1e300,2,3]"), "a: row 0 is infinite");
  expect_infer_error(tensor("[-1,3]", "FP32", "[1,2,3]"), "negative size");
  expect_infer_error(tensor("[0,3]", "FP32", "[]"), "no rows");
  expect_infer_error(tensor("3", "FP32", "[1,2,3]"), "needs a shape");
  expect_infer_error(tensor("[1,3]", "BYTES", R"(["a","b","c"])"), "datatype BYTES");
  expect_infer_error(tensor("[1,3]", "FP32", "[[[1,2,3]]]"), "nested deeper");
  EXPECT_EQ(infer(tensor("[4611686018427387904,3]", "FP32", "[]")).status, 413);
  expect_infer_error(
      R"({"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[1]},{"name":"d","shape":[1],"datatype":"FP64","data":[1]}]})",
      "not a feature of the model");
  expect_infer_error(
      R"({"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[1]},{"name":"c","shape":[1],"datatype":"FP64","data":[1]}]})",
      "missing feature b");
  expect_infer_error(
      R"({"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[1]},{"name":"b","shape":[2],"datatype":"FP64","data":[1,2]}]})",
      "b: has 2 rows but 'a' has 1");
  expect_infer_error(
      R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}],"outputs":[{"name":"y"}]})",
      "its output is 'total'");
  EXPECT_GT(world_->service->get("demand")->stats.fail.count, 20u);
}

TEST_F(OipTest, Repository) {
  EXPECT_EQ(send(Method::kPost, "/v2/repository/index").json()[0]["state"], "READY");
  EXPECT_EQ(send(Method::kPost, "/v2/repository/models/demand/unload").status, 200);
  EXPECT_EQ(send(Method::kPost, "/v2/repository/index").json()[0]["state"], "UNAVAILABLE");
  EXPECT_EQ(send(Method::kPost, "/v2/repository/index", R"({"ready":true})").json(), Json::array());
  EXPECT_EQ(send(Method::kGet, "/v2/models/demand/ready").status, 503);
  EXPECT_EQ(send(Method::kPost, "/v2/repository/models/demand/load").status, 200);
  EXPECT_EQ(send(Method::kGet, "/v2/models/demand/ready").status, 200);
  EXPECT_EQ(send(Method::kPost, "/v2/repository/models/nope/load").status, 404);
  EXPECT_EQ(send(Method::kPost, "/v2/repository/models/demand/load", R"({"parameters":{"config":"{}"}})").status, 501);
}

TEST_F(OipTest, ScoresEveryShape) {
  const std::string wanted = R"({"predictions":[103,107]})";
  EXPECT_EQ(score(R"({"dataframe_split":{"columns":["b","a"],"index":[0,1],"data":[[2,1],[4,3]]}})").body, wanted);
  EXPECT_EQ(score(R"({"dataframe_records":[{"a":1,"b":2},{"b":4,"a":3,"c":null}],"params":{}})").body, wanted);
  EXPECT_EQ(score(R"({"instances":[{"a":1,"b":2},{"a":3,"b":4}]})").body, wanted);
  EXPECT_EQ(score(R"({"instances":[[1,2,null],[3,4,NaN]]})").body, wanted);
  EXPECT_EQ(score(R"({"inputs":{"a":[1,3],"b":[2,4]}})").body, wanted);
  EXPECT_EQ(score("a,b,c\n1,2,\n3,\"4\",NaN\n", "text/csv; charset=utf-8").body, wanted);
  EXPECT_EQ(send(Method::kPost, "/deployments/demand/invocations", R"({"instances":[[1,2,null],[3,4,null]]})",
                 {{"Content-Type", "application/json"}})
                .body,
            wanted);
  EXPECT_EQ(send(Method::kPost, "/v1/models/demand:predict", R"({"instances":[[1,2,null],[3,4,null]]})").body, wanted);
  EXPECT_EQ(send(Method::kGet, "/v1/models/demand").json()["ready"], true);
}

TEST_F(OipTest, ScoringErrors) {
  EXPECT_EQ(score("{}", "application/xml").status, 415);
  EXPECT_EQ(score("{}", "").status, 415);
  expect_score_error("{}", "exactly one of");
  expect_score_error(R"({"rows":[]})", "rows: is not known");
  expect_score_error(R"({"instances":[[1,2,3]],"inputs":[[1,2,3]]})", "beside instances");
  expect_score_error(R"({"dataframe_records":[{"a":1,"b":2},{"a":1}]})", "row 1: missing feature b");
  expect_score_error(R"({"dataframe_records":[{"a":1,"b":2,"extra":1}]})", "extra: is not a feature");
  expect_score_error(R"({"dataframe_records":[{"a":"1","b":2}]})",
                     "feature 'a' must be a number or null, got a string");
  expect_score_error(R"({"dataframe_records":[{"a":1,"a":1,"b":2}]})", "twice");
  expect_score_error(R"({"dataframe_split":{"columns":["a"],"data":[[1]]}})", "missing feature b");
  expect_score_error(R"({"dataframe_split":{"data":[[1,2,3]]}})", "needs columns");
  expect_score_error(R"({"dataframe_split":{"columns":["a","b"],"data":[[1]]}})", "row 0 has 1 values, not 2");
  expect_score_error(R"({"dataframe_split":[]})", "must be an object");
  expect_score_error(R"({"instances":[]})", "no rows");
  expect_score_error(R"({"instances":[3]})", "must be an array of 3 numbers");
  expect_score_error(R"({"inputs":{"a":[1,2],"b":[1]}})", "'b' has 1 values but 'a' has 2");
  expect_score_error("a,b\n1\n", "line 2 has 1 cells, not 2", "text/csv");
  expect_score_error("a,b\n1,x\n", "b: line 2 must be a number, got 'x'", "text/csv");
  expect_score_error("a,b\n1,\"2\n", "a quoted cell does not end", "text/csv");
  expect_score_error("", "CSV is empty", "text/csv");
  deploy_plain();
  expect_score_error(R"({"instances":[[1,2,3]]})", "there are several");
}

TEST_F(OipTest, ModelsWithoutNamesGoByPosition) {
  deploy_plain();
  const std::string path = "/v2/models/plain/infer";
  EXPECT_EQ(send(Method::kGet, "/v2/models/plain").json()["inputs"][0]["shape"], Json::array({-1, 3}));
  EXPECT_EQ(send(Method::kPost, path, R"({"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]})")
                .json()["outputs"][0]["data"][0],
            6);
  EXPECT_EQ(send(Method::kPost, "/v1/models/plain:predict", R"({"instances":[{"a":1}]})").status, 400);
}

TEST_F(OipTest, LogsWithTheRequestsId) {
  infer(R"({"id":"7","inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[1,2,3,4,5,6]}]})");
  world_->service->flush_predictions();
  ASSERT_EQ(world_->sink.rows(), 2u);
  EXPECT_EQ(world_->sink.batches()[0].rows[1].key, "7/1");
}

}  // namespace
}  // namespace treadle::oip
