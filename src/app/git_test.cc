#include "app/git.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "base/strings.h"

namespace treadle::app {
namespace {

class Git : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = folder_.path() / "a folder" / "it's.yaml";
    std::filesystem::create_directories(file_.parent_path());
    ASSERT_TRUE(write_file_atomic(file_, "one").ok());
  }
  void git(const std::string& words) {
    const std::string command =
        str_cat("git -C '", folder_.path().string(), "' -c user.name=t -c user.email=t@t ", words, " >/dev/null 2>&1");
    ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c): a test's own words
  }

  TempDir folder_ = TempDir::create().value();
  std::filesystem::path file_;
};

TEST_F(Git, TellsTheCommitAndWhetherTheCheckoutDiffersFromIt) {
  EXPECT_TRUE(code_of(file_).is_null()) << "no repository";
  git("init");
  EXPECT_TRUE(code_of(file_).is_null()) << "not committed";
  git("add .");
  git("commit -m first");
  const Json clean = code_of(file_);
  ASSERT_TRUE(clean.is_object());
  EXPECT_EQ(clean["commit"].get<std::string>().size(), 40U);
  EXPECT_EQ(clean["dirty"], false);

  ASSERT_TRUE(write_file_atomic(folder_.path() / "untracked", "x").ok());
  EXPECT_EQ(code_of(file_), clean);
  EXPECT_TRUE(code_of(folder_.path() / "untracked").is_null());

  ASSERT_TRUE(write_file_atomic(file_, "two").ok());
  EXPECT_EQ(code_of(file_)["commit"], clean["commit"]);
  EXPECT_EQ(code_of(file_)["dirty"], true);
}

TEST_F(Git, AFileThatIsNotThereHasNoCode) { EXPECT_TRUE(code_of(folder_.path() / "none.yaml").is_null()); }

}  // namespace
}  // namespace treadle::app
