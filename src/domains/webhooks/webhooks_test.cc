#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "domains/webhooks/address.h"
#include "domains/webhooks/payloads.h"
#include "domains/webhooks/service.h"
#include "storage/sql/testing/engines.h"

namespace treadle::webhooks {
namespace {

TEST(Address, OnlyThePublicInternetIsPublic) {
  for (const char* address : {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "2606:4700::1111"}) {
    EXPECT_TRUE(is_public_address(address)) << address;
  }
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "127.0.0.1",
                              "127.255.0.1",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.0.1",
                              "100.64.0.1",
                              "100.127.1.1",
                              "198.18.0.1",
                              "192.0.2.1",
                              "224.0.0.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::",
                              "2001:db8::1",
                              "2001::1",
                              "",
                              "localhost",
                              "8.8.8",
                              "1.2.3.4.5"}) {
    EXPECT_FALSE(is_public_address(address)) << address;
  }
}

TEST(Address, UrlsAreCheckedBySchemeAndHost) {
  const Options closed, open{.schemes = {"http", "https"}, .private_addresses = true};
  EXPECT_TRUE(check_url("https://hooks.example.com/a?b=c", closed).ok());
  EXPECT_TRUE(check_url("HTTPS://8.8.8.8:8443/", closed).ok());
  EXPECT_EQ(check_url("http://hooks.example.com/", closed).message(),
            "Invalid webhook URL scheme: 'http'. Allowed schemes are: https.");
  for (const char* url :
       {"https://127.0.0.1/", "https://LOCALHOST/", "https://[::1]:80/", "https://169.254.169.254",
        "https://a@10.0.0.1/", "https://10.0.0.1:443#@8.8.8.8", "https://2130706433/", "https://127.1"}) {
    EXPECT_EQ(check_url(url, closed).field(), "url") << url;
  }
  EXPECT_TRUE(check_url("http://127.0.0.1:80/", open).ok());
  EXPECT_FALSE(check_url("gopher://a/", open).ok());
  EXPECT_TRUE(check_url("http://[::1]:80/", open).ok());
  for (const char* url : {"http://[invalid", "http://invalid]/", "http://[]/", "http://a[::1]/", "http://[name]/"}) {
    EXPECT_EQ(check_url(url, open).field(), "url") << url;
  }
}

TEST(Payloads, TheSignatureIsThatOfMlflow) {
  // From Python: base64(hmac.new(b"key", b"id.1700000000.{}", sha256)).
  EXPECT_EQ(signature("key", "id", "1700000000", "{}"), "v1,/Hqug/JsMUvI3mrKxx95W1oU9WZJN5/KNqtUvtF4fLc=");
}

TEST(Payloads, EventsThatWebhooksDoNotTellOf) {
  for (const char* type : {"model.deleted", "model_version.updated", "model_tag.set", "run.created"}) {
    EXPECT_FALSE(message_of({.type = type, .payload = {{"model", "m"}}})) << type;
  }
  EXPECT_EQ(message_of({.type = "model_tag.set", .payload = {{"model", "m"}, {"prompt", true}, {"key", "k"}}})->event,
            "prompt_tag.set");
}

class Webhooks : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    events_ = std::make_unique<events::EventLog>(database(), clock_);
    ASSERT_TRUE(events_->open().ok());
    make();
  }
  void TearDown() override {
    webhooks_.reset();
    events_.reset();
    EngineTest::TearDown();
  }
  void make() {
    const Post post = [this](const Outgoing& outgoing) -> StatusOr<Answer> {
      const std::lock_guard lock(mutex_);
      sent_.push_back(outgoing);
      return Answer{answer_, "ok"};
    };
    webhooks_ = std::make_unique<Service>(database(), *events_, clock_, post, Sealer("key"), Options{.senders = 2});
    ASSERT_TRUE(webhooks_->open().ok());
  }
  void tell(const std::string& type, Json payload) {
    ASSERT_TRUE(database()
                    .write([&](sql::Connection& tx) {
                      return events_->append(tx, {0, 0, type, "model/m", payload});
                    })
                    .ok());
  }
  StatusOr<Webhook> add(std::vector<std::string> events) {
    return webhooks().create({.name = "w", .url = "https://a.example/", .events = std::move(events)});
  }
  std::size_t sent() {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }
  bool wait_for(std::size_t count) {
    for (int i = 0; i < 1000 && sent() < count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return sent() == count;
  }
  std::int64_t waiting() {
    std::int64_t count = -1;
    const Status read = database().read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const auto found, connection.query_integer("SELECT COUNT(*) FROM webhook_deliveries"));
      count = found.value_or(0);
      return ok_status();
    });
    return read.ok() ? count : -1;
  }
  Service& webhooks() { return *webhooks_; }

  SystemClock clock_;
  std::mutex mutex_;
  std::vector<Outgoing> sent_;
  int answer_ = 200;

 private:
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<Service> webhooks_;
};

TEST_P(Webhooks, TellOfWhatHappensAfterTheyWereMade) {
  tell("model.created", {{"model", "before"}});
  ASSERT_TRUE(add({"registered_model.created"}).ok());
  tell("model.created", {{"model", "after"}, {"tags", {{"a", "b"}}}});
  tell("model_version.created", {{"model", "after"}, {"version", 1}});
  ASSERT_TRUE(webhooks().start().ok());
  ASSERT_TRUE(wait_for(1));
  const auto body = parse_json(sent_[0].body);
  EXPECT_EQ((*body)["data"], (Json{{"name", "after"}, {"tags", {{"a", "b"}}}, {"description", ""}}));
  EXPECT_EQ((*body)["entity"], "registered_model");
  tell("model.created", {{"model", "live"}});
  EXPECT_TRUE(wait_for(2));
  webhooks().stop();
  EXPECT_EQ(waiting(), 0);
}

TEST_P(Webhooks, WhatWasTakenInIsNotTakenInAgainAfterARestart) {
  ASSERT_TRUE(add({"registered_model.created"}).ok());
  tell("model.created", {{"model", "one"}});
  ASSERT_TRUE(webhooks().start().ok());
  ASSERT_TRUE(wait_for(1));
  webhooks().stop();
  make();
  tell("model.created", {{"model", "two"}});  // while nobody followed
  ASSERT_TRUE(webhooks().start().ok());
  ASSERT_TRUE(wait_for(2));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(sent(), 2u);
}

TEST_P(Webhooks, AFailureWaitsForItsNextTryAndARefusalDoesNot) {
  ASSERT_TRUE(add({"registered_model.created"}).ok());
  answer_ = 503;
  tell("model.created", {{"model", "one"}});
  ASSERT_TRUE(webhooks().start().ok());
  ASSERT_TRUE(wait_for(1));
  webhooks().stop();
  EXPECT_EQ(waiting(), 1);
  answer_ = 404;
  make();
  ASSERT_TRUE(webhooks().start().ok());
  ASSERT_TRUE(wait_for(2));  // after the pause of a second
  webhooks().stop();
  EXPECT_EQ(waiting(), 0);
}

TEST_P(Webhooks, ADeletedOneTakesWhatWaitsWithIt) {
  const auto made = add({"registered_model.created"});
  ASSERT_TRUE(made.ok());
  answer_ = 503;
  tell("model.created", {{"model", "one"}});
  ASSERT_TRUE(webhooks().start().ok());
  ASSERT_TRUE(wait_for(1));
  webhooks().stop();
  ASSERT_TRUE(webhooks().remove(made->id).ok());
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(webhooks().get(made->id).status().code(), StatusCode::kNotFound);
}

TEST_P(Webhooks, AChangeIsCheckedAsAWhole) {
  const auto made = add({"prompt.created", "prompt.created"});
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->events.size(), 1u);
  EXPECT_EQ(webhooks().update(made->id, {.name = "b", .url = "http://a.example"}).status().field(), "url");
  EXPECT_EQ(webhooks().get(made->id)->name, "w");
  EXPECT_EQ(webhooks().update(made->id, {.events = {{"toaster.created"}}}).status().field(), "events");
}

TEST_P(Webhooks, SecretsAreSealedAndThoseOfEarlierVersionsBecomeSo) {
  const auto made = add({"prompt.created"});
  ASSERT_TRUE(made.ok());
  const auto kept = [&] {
    std::string text;
    EXPECT_TRUE(database()
                    .read([&](sql::Connection& connection) {
                      return connection.query("SELECT secret FROM webhooks", {}, [&](const sql::Row& row) {
                        text = row.string(0);
                        return ok_status();
                      });
                    })
                    .ok());
    return text;
  };
  const auto signed_with = [&](std::string_view secret) {
    sent_.clear();
    EXPECT_EQ(webhooks().test(made->id, "")->status, answer_);
    std::map<std::string, std::string> headers(sent_.at(0).headers.begin(), sent_.at(0).headers.end());
    return headers["X-MLflow-Signature"] ==
           signature(secret, headers["X-MLflow-Delivery-Id"], headers["X-MLflow-Timestamp"], sent_.at(0).body);
  };
  ASSERT_TRUE(webhooks().update(made->id, {.secret = "first"}).ok());
  EXPECT_EQ(kept().find("first"), std::string::npos);
  EXPECT_TRUE(signed_with("first"));
  ASSERT_TRUE(webhooks().update(made->id, {.description = "d"}).ok());
  EXPECT_TRUE(signed_with("first"));
  ASSERT_TRUE(database()
                  .write([](sql::Connection& tx) {
                    return tx.execute("UPDATE webhooks SET secret = 'plain', sealed = 0", {}).status();
                  })
                  .ok());
  ASSERT_TRUE(webhooks().open().ok());
  EXPECT_NE(kept(), "plain");
  EXPECT_TRUE(signed_with("plain"));
  EXPECT_EQ(webhooks().update(made->id, {.secret = std::string(1001, 's')}).status().field(), "secret");
}

TREADLE_ON_BOTH_ENGINES(Webhooks);

}  // namespace
}  // namespace treadle::webhooks
