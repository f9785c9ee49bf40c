#include "adapters/native/monitoring.h"

#include <gtest/gtest.h>

#include "adapters/native/automation.h"
#include "adapters/native/why.h"
#include "base/files.h"
#include "base/time.h"
#include "storage/blob/blob_store.h"

namespace treadle::native {
namespace {

constexpr std::int64_t kDay = 1414800000000;

class NoBaselines final : public monitoring::BaselineSource {
 public:
  StatusOr<std::optional<double>> test_mae(const std::string&, std::int64_t) override { return std::optional(1.0); }
};

class NoPipelines final : public automation::PipelineLauncher {
 public:
  Status launch(const std::string&, const automation::Action&, const std::string&) override { return ok_status(); }
  StatusOr<automation::RunProgress> progress(const std::string&) override { return automation::RunProgress{}; }
};

class NoSources final : public WhySources {
 public:
  StatusOr<RunOrigins> run(const std::string&) override { return RunOrigins{}; }
  StatusOr<Json> raw_rows(const monitoring::LoggedPrediction&) override { return Json(Json::object()); }
  StatusOr<Json> deployment(const monitoring::LoggedPrediction& prediction) override {
    return Json{{"name", prediction.deployment}};
  }
};

// The routes over real services on a database of their own, without a socket.
class Routes : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = sql::open_sqlite({.path = (dir_->path() / "db").string()});
    ASSERT_TRUE(opened.ok());
    database_ = std::move(*opened);
    blobs_ = std::move(*blob::open_local(dir_->path() / "blobs"));
    events_ = std::make_unique<events::EventLog>(*database_, clock_);
    graph_ = std::make_unique<lineage::Graph>(*database_, clock_);
    tracking_ = std::make_unique<tracking::Service>(*database_, *events_, *graph_, clock_, *blobs_);
    registry_ = std::make_unique<registry::Service>(*database_, *events_, *graph_, clock_, *tracking_);
    monitoring_ = std::make_unique<monitoring::Service>(
        *database_, *events_, *graph_, clock_, baselines_,
        monitoring::PredictionLog::Options{.folder = dir_->path() / "predictions"});
    automation_ = std::make_unique<automation::Service>(*database_, *events_, clock_, launcher_);
    for (const Status& status : {events_->open(), graph_->open(), tracking_->open(), registry_->open(),
                                 monitoring_->open(), automation_->open(), automation_->start()}) {
      ASSERT_TRUE(status.ok()) << status.to_string();
    }
    add_monitoring_routes(router_, *monitoring_, [this] { return runs_of_alerts(*automation_); });
    add_automation_routes(router_, *automation_);
    add_why_routes(router_, *monitoring_, *registry_, *tracking_, *graph_, std::make_unique<NoSources>());
  }

  net::Response send(net::Method method, const std::string& target, const std::string& body = "") {
    net::Request request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (const auto mark = target.find('?'); mark != std::string::npos) {
      request.query = net::Query::parse(target.substr(mark + 1));
    }
    request.body = body;
    auto match = router_.match(method, request.path);
    if (match.route == nullptr) return net::Response::text(404, "");
    request.path_params = std::move(match.params);
    return match.route->handler(request);
  }
  Json json(const net::Response& response) { return *parse_json(std::get<std::string>(response.body)); }
  Json get(const std::string& target) { return json(send(net::Method::kGet, target)); }
  // The field that the refusal is about.
  std::string refused(net::Method method, const std::string& target, const std::string& body) {
    const auto response = send(method, target, body);
    EXPECT_EQ(response.status, 400) << std::get<std::string>(response.body);
    return json(response)["error"].value("field", "");
  }
  void predict(const std::string& id, const std::string& key, std::int64_t event_ms) {
    serving::PredictionBatch batch;
    batch.deployment = "d";
    batch.model = "m";
    batch.model_version = 1;
    batch.feature_names = {"x"};
    batch.features = {2};
    batch.rows = {{id, key, event_ms, 10}};
    ASSERT_TRUE(monitoring_->append({batch}).ok());
  }

  StatusOr<TempDir> dir_ = TempDir::create();
  SystemClock clock_;
  NoBaselines baselines_;
  NoPipelines launcher_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<lineage::Graph> graph_;
  std::unique_ptr<tracking::Service> tracking_;
  std::unique_ptr<registry::Service> registry_;
  std::unique_ptr<monitoring::Service> monitoring_;
  std::unique_ptr<automation::Service> automation_;
  net::Router router_;
};

TEST_F(Routes, FromTruthToAlertToRetrain) {
  const std::string rules =
      R"({"rules":[{"id":"r","metric":"rolling_mae_ratio","threshold":1.5,"window_days":1,"cooldown_days":1}]})";
  ASSERT_EQ(send(net::Method::kPut, "/api/v1/deployments/d/rules", rules).status, 200);
  EXPECT_EQ(get("/api/v1/deployments/d/rules")["rules"][0]["metric"], "rolling_mae_ratio");
  const std::string trigger = R"({"name":"retrain-d","on":{"event":"alert.raised","deployment":"d"},
    "action":{"run_pipeline":"training","parameters":{"until":"{{event.until}}"}}})";
  ASSERT_EQ(send(net::Method::kPost, "/api/v1/triggers", trigger).status, 200);
  predict("P1", "k", kDay);
  const Json joined = json(send(net::Method::kPost, "/api/v1/deployments/d/truths",
                                R"({"truths":[{"key":"k","value":12,"observed_ms":5}]})"));
  EXPECT_EQ(joined["joined"], 1);
  ASSERT_EQ(joined["alerts"].size(), 1u);
  Json firings;
  for (int i = 0; i < 1000 && firings.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    firings = get("/api/v1/triggers/retrain-d/firings")["firings"];
  }
  ASSERT_EQ(firings.size(), 1u);
  EXPECT_EQ(firings[0]["parameters"]["until"], "2014-11-02");
  const Json alert = get("/api/v1/alerts?deployment=d")["alerts"][0];
  EXPECT_EQ(alert["state"], "open");
  EXPECT_EQ(alert["retrain_run_id"], firings[0]["run_id"]);
  EXPECT_EQ(get("/api/v1/deployments/d/forecast")["points"][0]["truth"], 12);
  const Json performance = get("/api/v1/deployments/d/performance");
  EXPECT_EQ(performance["series"][0]["mae"], 2);
  EXPECT_EQ(performance["series"][0]["rolling_mae"], nullptr);
  EXPECT_EQ(performance["baseline"]["mae"], 1);
}

TEST_F(Routes, DriftReportsBecomeASeries) {
  const std::string report = str_cat(R"({"kind":"drift","day_ms":)", kDay, R"(,"run_id":"r","report":{"features":{
    "a":{"method":"ks","score":0.01,"threshold":0.05,"drifted":true},
    "b":{"method":"ks","score":0.9,"threshold":0.05,"drifted":false}}}})");
  const Json made = json(send(net::Method::kPost, "/api/v1/deployments/d/reports", report));
  const Json day = get("/api/v1/deployments/d/drift")["series"][0];
  EXPECT_EQ(day["share"], 0.5);
  EXPECT_EQ(day["drifted"], Json({"a"}));
  EXPECT_EQ(day["features"]["b"]["score"], 0.9);
  EXPECT_EQ(get("/api/v1/reports/" + made["id"].get<std::string>())["kind"], "drift");
}

TEST_F(Routes, WhyTellsWhatIsKnown) {
  predict("P1", "k", kDay);
  const Json why = get("/api/v1/why?prediction_id=P1");
  EXPECT_EQ(why["prediction"]["value"], 10);
  EXPECT_EQ(why["features"]["x"], 2);
  EXPECT_EQ(why["model_version"], (Json{{"name", "m"}, {"version", 1}}));
  EXPECT_EQ(why["truth"], nullptr);
  EXPECT_EQ(why["graph"]["nodes"].size(), 3u);
  EXPECT_EQ(send(net::Method::kGet, "/api/v1/why?prediction_id=nobody").status, 404);
  EXPECT_EQ(refused(net::Method::kGet, "/api/v1/why", ""), "prediction_id");
}

TEST_F(Routes, WrongBodiesNameTheField) {
  const auto post = net::Method::kPost;
  const std::string truths = "/api/v1/deployments/d/truths";
  EXPECT_EQ(refused(post, truths, "{}"), "truths");
  EXPECT_EQ(refused(post, truths, R"({"truths":[{"key":"k","value":"x"}]})"), "truths[0].value");
  EXPECT_EQ(refused(post, truths, R"({"truths":[{"key":"a","value":1},5]})"), "truths[1]");
  EXPECT_EQ(refused(post, "/api/v1/deployments/d/reports", R"({"kind":"drift","day_ms":0})"), "report");
  EXPECT_EQ(refused(net::Method::kPut, "/api/v1/deployments/d/rules", R"({"rules":[{"id":"r","metric":"mae"}]})"),
            "rules[0].metric");
  EXPECT_EQ(refused(post, "/api/v1/triggers", R"({"name":"x","on":{},"action":{"run_pipeline":"p"}})"), "on");
  EXPECT_EQ(refused(post, "/api/v1/triggers", R"({"name":"x","on":{"manual":true}})"), "action");
  EXPECT_EQ(send(post, "/api/v1/triggers/none:fire", "{}").status, 404);
  EXPECT_EQ(refused(net::Method::kGet, "/api/v1/deployments/d/forecast?limit=0", ""), "limit");
}

}  // namespace
}  // namespace treadle::native
