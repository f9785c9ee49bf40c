#include "domains/auth/service.h"

#include <gtest/gtest.h>

#include "domains/auth/password.h"
#include "storage/sql/testing/engines.h"

namespace treadle::auth {
namespace {

std::string basic(const std::string& name, const std::string& password) {
  return str_cat("Basic ", base64_encode(str_cat(name, ":", password)));
}

constexpr const char* kPassword = "correct horse battery";
constexpr const char* kHome = "127.0.0.1";

class Auth : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (!IsSkipped()) start(Permission::kRead);
  }
  void TearDown() override {
    auth_.reset();
    EngineTest::TearDown();
  }
  void start(Permission fallback) {
    auth_ = std::make_unique<Service>(database(), clock_, fallback);
    ASSERT_TRUE(auth_->open().ok());
  }
  Service& auth() { return *auth_; }
  StatusCode login(const std::string& header) { return auth().authenticate(header, kHome).status().code(); }
  Permission on(const std::string& user, std::string_view type, std::string_view id) {
    return auth().permission(**auth().account(user), type, id);
  }

  ManualClock clock_{1'000'000};

 private:
  std::unique_ptr<Service> auth_;
};

TEST_P(Auth, APasswordIsAskedForAndKeptOnlyAsAHash) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  EXPECT_EQ(login(basic("ada", kPassword)), StatusCode::kOk);
  EXPECT_EQ(login(basic("ada", kPassword)), StatusCode::kOk);  // from the cache
  EXPECT_EQ(login(basic("ada", "wrong horse battery")), StatusCode::kUnauthenticated);
  EXPECT_EQ(login(basic("eve", kPassword)), StatusCode::kUnauthenticated);
  for (const char* header : {"", "Basic", "Basic !!!", "Basic YWRh", "Digest x", "Bearer", "Bearer x"}) {
    EXPECT_EQ(login(header), StatusCode::kUnauthenticated) << header;
  }
  const auto account = auth().account("ada");
  EXPECT_EQ((*account)->password_hash.find(kPassword), std::string::npos);
  EXPECT_TRUE((*account)->password_hash.starts_with("scrypt:"));
}

TEST_P(Auth, TwoUsersOfOnePasswordHaveDifferentHashes) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  ASSERT_TRUE(auth().create_user("bob", kPassword).ok());
  EXPECT_NE((*auth().account("ada"))->password_hash, (*auth().account("bob"))->password_hash);
}

TEST_P(Auth, AChangedPasswordEndsTheOldOneAtOnce) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  ASSERT_EQ(login(basic("ada", kPassword)), StatusCode::kOk);
  ASSERT_TRUE(auth().set_password("ada", "another long password").ok());
  EXPECT_EQ(login(basic("ada", kPassword)), StatusCode::kUnauthenticated);
  EXPECT_EQ(login(basic("ada", "another long password")), StatusCode::kOk);
  ASSERT_TRUE(auth().create_user("root", kPassword, true).ok());
  ASSERT_TRUE(auth().delete_user("ada").ok());
  EXPECT_EQ(login(basic("ada", "another long password")), StatusCode::kUnauthenticated);
}

TEST_P(Auth, BadNamesAndPasswordsAreRefused) {
  for (const std::string& name : {std::string(), std::string("a:b"), std::string("a\nb"), std::string(256, 'a')}) {
    EXPECT_EQ(auth().create_user(name, kPassword).status().field(), "username");
  }
  EXPECT_EQ(auth().create_user("ada", "elevenchars").status().message(), "Password must be at least 12 characters.");
  EXPECT_EQ(auth().create_user("ada", std::string(1025, 'x')).status().field(), "password");
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  EXPECT_EQ(auth().create_user("ada", kPassword).status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(auth().set_password("eve", kPassword).code(), StatusCode::kNotFound);
  EXPECT_EQ(auth().account("eve").status().message(), "User with username=eve not found");
}

TEST_P(Auth, GuessingIsSlowedDownPerNameAndAddress) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  for (int i = 0; i < LoginGuard::kPerName; ++i) {
    EXPECT_EQ(login(basic("ada", str_cat("wrong password ", i))), StatusCode::kUnauthenticated);
  }
  EXPECT_EQ(login(basic("ada", kPassword)), StatusCode::kResourceExhausted);
  EXPECT_TRUE(auth().authenticate(basic("ada", kPassword), "10.0.0.9").ok());
  clock_.advance(LoginGuard::kWindowMs);
  EXPECT_EQ(login(basic("ada", kPassword)), StatusCode::kOk);
}

TEST_P(Auth, TheBestGrantCountsButADenialWins) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  const std::string experiment(kExperiment), model(kModel);
  EXPECT_EQ(on("ada", kExperiment, "7"), Permission::kRead);  // the fallback
  EXPECT_TRUE(auth().reads_all(**auth().account("ada"), kExperiment));
  ASSERT_TRUE(auth().create_grant("ada", {experiment, "7", Permission::kEdit}).ok());
  ASSERT_TRUE(auth().create_grant("ada", {model, "*", Permission::kUse}).ok());
  EXPECT_EQ(on("ada", kExperiment, "7"), Permission::kEdit);
  EXPECT_EQ(on("ada", kExperiment, "8"), Permission::kRead);
  EXPECT_EQ(on("ada", kModel, "any"), Permission::kUse);
  EXPECT_EQ(auth().create_grant("ada", {experiment, "7", Permission::kRead}).code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(auth().update_grant("ada", {experiment, "7", Permission::kNone}).ok());
  EXPECT_EQ(on("ada", kExperiment, "7"), Permission::kNone);
  EXPECT_FALSE(auth().reads_all(**auth().account("ada"), kExperiment));
  EXPECT_TRUE(auth().reads_all(**auth().account("ada"), kModel));
  ASSERT_TRUE(auth().delete_grant("ada", experiment, "7").ok());
  EXPECT_EQ(on("ada", kExperiment, "7"), Permission::kRead);
  EXPECT_EQ(auth().delete_grant("ada", experiment, "7").code(), StatusCode::kNotFound);
  EXPECT_EQ(auth().update_grant("ada", {experiment, "7", Permission::kRead}).message(),
            "Experiment permission with experiment_id=7 and username=ada not found");
  EXPECT_EQ(auth().create_grant("ada", {"toaster", "7", Permission::kRead}).field(), "resource_type");
}

TEST_P(Auth, NobodyStartsStepsUnlessToldTo) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  EXPECT_EQ(on("ada", kPipeline, "*"), Permission::kNone);
  EXPECT_FALSE(auth().create_grant("ada", {std::string(kPipeline), "one", Permission::kEdit}).ok());
  ASSERT_TRUE(auth().create_grant("ada", {std::string(kPipeline), "*", Permission::kEdit}).ok());
  EXPECT_EQ(on("ada", kPipeline, "*"), Permission::kEdit);
}

TEST_P(Auth, WhatIsHiddenByDefaultIsHidden) {
  start(Permission::kNone);
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  EXPECT_EQ(on("ada", kExperiment, "7"), Permission::kNone);
  EXPECT_FALSE(auth().reads_all(**auth().account("ada"), kExperiment));
  ASSERT_TRUE(auth().create_grant("ada", {std::string(kExperiment), "7", Permission::kRead}).ok());
  EXPECT_EQ(on("ada", kExperiment, "7"), Permission::kRead);
}

TEST_P(Auth, GrantsFollowTheThingTheyAreOn) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  ASSERT_TRUE(auth().create_user("bob", kPassword).ok());
  ASSERT_TRUE(auth().give_to_creator("ada", kModel, "m").ok());
  ASSERT_TRUE(auth().give_to_creator("bob", kModel, "m").ok());  // too late: it is Ada's
  EXPECT_EQ(on("ada", kModel, "m"), Permission::kManage);
  EXPECT_EQ(on("bob", kModel, "m"), Permission::kRead);
  ASSERT_TRUE(auth().give_to_creator("bob", kModel, "*").ok());  // a model may be called that
  EXPECT_EQ(on("bob", kModel, "m"), Permission::kRead);
  ASSERT_TRUE(auth().rename(kModel, "m", "n").ok());
  EXPECT_EQ(on("ada", kModel, "m"), Permission::kRead);
  EXPECT_EQ(on("ada", kModel, "n"), Permission::kManage);
  ASSERT_TRUE(auth().forget(kModel, "n").ok());
  EXPECT_EQ(on("ada", kModel, "n"), Permission::kRead);
}

TEST_P(Auth, AnAdministratorMayEverythingAndTheLastOneStays) {
  ASSERT_TRUE(auth().create_user("root", kPassword, true).ok());
  EXPECT_EQ(on("root", kExperiment, "1"), Permission::kManage);
  EXPECT_EQ(on("root", kPipeline, "*"), Permission::kManage);
  EXPECT_EQ(auth().set_admin("root", false).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(auth().delete_user("root").code(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  ASSERT_TRUE(auth().set_admin("ada", true).ok());
  EXPECT_TRUE(auth().set_admin("root", false).ok());
  EXPECT_EQ(auth().users()->size(), 2u);
}

TEST_P(Auth, TokensWorkUntilTheyExpireOrAreTakenBack) {
  ASSERT_TRUE(auth().create_user("ada", kPassword).ok());
  const auto forever = auth().create_token("ada", "laptop", std::nullopt);
  const auto brief = auth().create_token("ada", "ci", 1000);
  ASSERT_TRUE(forever.ok() && brief.ok());
  EXPECT_EQ((*auth().authenticate(str_cat("Bearer ", brief->secret), kHome))->user.name, "ada");
  EXPECT_EQ(auth().tokens("ada")->size(), 2u);
  clock_.advance(1001);
  ASSERT_TRUE(auth().delete_token("ada", forever->token.id).ok());  // also empties the cache
  EXPECT_EQ(login(str_cat("Bearer ", brief->secret)), StatusCode::kUnauthenticated);
  EXPECT_EQ(login(str_cat("Bearer ", forever->secret)), StatusCode::kUnauthenticated);
  EXPECT_EQ(auth().delete_token("ada", forever->token.id).code(), StatusCode::kNotFound);
  EXPECT_TRUE((*auth().authenticate(str_cat("Bearer ", auth().own_token()), kHome))->user.admin);
}

TREADLE_ON_BOTH_ENGINES(Auth);

TEST(Password, DamagedHashesAreErrorsAndNotLogins) {
  for (const char* hash : {"", "scrypt", "md5:1:2:3$aa$bb", "scrypt:x:8:5$aa$bb", "scrypt:16384:8:5$a$bb"}) {
    EXPECT_FALSE(verify_password(kPassword, hash).ok()) << hash;
  }
}

}  // namespace
}  // namespace treadle::auth
