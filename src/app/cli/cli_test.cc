#include <gtest/gtest.h>

#include <sstream>

#include "app/cli/command.h"

namespace treadle::app {
namespace {

class Cli : public testing::Test {
 protected:
  int run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    Io io(out_, err_, false);
    return run_cli(commands_, words, io);
  }

  Args seen_;
  Status answer_;
  std::ostringstream out_, err_;
  std::vector<Command> commands_ = {
      {"run",
       "Run a pipeline",
       {"treadle run x.yaml"},
       {{"pipeline", "a file"}},
       {{"param", "N=V", "one", true}, {"no-wait", "", "go"}},
       [this](const Args& args, Io&) {
         seen_ = args;
         return answer_;
       }},
      {"run list", "List runs", {}, {}, {{"limit", "N", "at most"}}, [this](const Args& args, Io& io) {
         seen_ = args;
         io.emit({{"runs", Json::array()}});
         io.table({"id"}, {}, "no runs yet");
         return answer_;
       }}};
};

TEST_F(Cli, TheLongestPathWinsAndOptionsArrive) {
  EXPECT_EQ(run({"run", "x.yaml", "--param", "a=1", "--param", "b=2", "--no-wait"}), 0) << err_.str();
  EXPECT_EQ(seen_.get("pipeline"), "x.yaml");
  EXPECT_EQ(seen_.all("param"), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_TRUE(seen_.has("no-wait"));
  EXPECT_EQ(run({"run", "list", "--limit", "5"}), 0) << err_.str();
  EXPECT_EQ(*seen_.integer("limit", 1, 1, 10), 5);
  EXPECT_FALSE(seen_.integer("limit", 1, 6, 10).ok());
}

TEST_F(Cli, ExitCodesFollowTheStatus) {
  answer_ = not_found("no such run");
  EXPECT_EQ(run({"run", "list"}), 3);
  answer_ = {StatusCode::kAborted, "the gate refused"};
  EXPECT_EQ(run({"run", "list"}), 4);
  answer_ = internal_error("broken");
  EXPECT_EQ(run({"run", "list"}), 1);
  EXPECT_NE(err_.str().find("broken"), std::string::npos);
}

TEST_F(Cli, MistakesAreUsageErrorsWithAGuess) {
  EXPECT_EQ(run({"rum", "list"}), 2);
  EXPECT_NE(err_.str().find("did you mean `treadle run list`"), std::string::npos) << err_.str();
  EXPECT_EQ(run({"run", "list", "--limt", "3"}), 2);
  EXPECT_NE(err_.str().find("did you mean --limit"), std::string::npos) << err_.str();
  EXPECT_EQ(run({"run"}), 2);  // its argument is missing
  EXPECT_EQ(run({"run", "list", "extra"}), 2);
}

TEST_F(Cli, JsonGivesOnlyJson) {
  EXPECT_EQ(run({"run", "list", "--json"}), 0);
  EXPECT_EQ(Json::parse(out_.str()), (Json{{"runs", Json::array()}}));
  EXPECT_EQ(run({"run", "list"}), 0);
  EXPECT_EQ(out_.str(), "no runs yet\n");
  answer_ = not_found("gone");
  EXPECT_EQ(run({"run", "list", "--json"}), 3);
  EXPECT_EQ(Json::parse(err_.str())["error"]["code"], "NOT_FOUND");
}

TEST_F(Cli, HelpShowsUsageAndExamples) {
  EXPECT_EQ(run({}), 0);
  EXPECT_NE(out_.str().find("run list"), std::string::npos);
  EXPECT_EQ(run({"run", "--help"}), 0);
  EXPECT_NE(out_.str().find("$ treadle run x.yaml"), std::string::npos);
  EXPECT_NE(out_.str().find("Verbs:\n  run list "), std::string::npos) << out_.str();
  EXPECT_EQ(run({"run", "list", "--help"}), 0);
  EXPECT_EQ(out_.str().find("Verbs:"), std::string::npos) << out_.str();
  for (const char* shell : {"bash", "zsh", "fish"})
    EXPECT_NE(completion_script(commands_, shell)->find("list"), std::string::npos);
  EXPECT_FALSE(completion_script(commands_, "tcsh").ok());
}

TEST(Table, AlignsNumbersRight) {
  std::ostringstream out, err;
  Io io(out, err, false);
  io.table({"name", "n"}, {{"a", "5"}, {"bb", "100"}}, "");
  EXPECT_EQ(out.str(), "name    n\na       5\nbb    100\n");
}

}  // namespace
}  // namespace treadle::app
