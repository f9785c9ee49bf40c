#include "executors/process_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/files.h"

namespace treadle::executors {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class ProcessExecutorTest : public testing::Test {
 protected:
  StepSpec sh(const std::string& script) {
    StepSpec spec;
    spec.command = {"sh", "-c", script};
    spec.directory = folder_.path();
    spec.log = folder_.path() / "logs" / "step.log";
    spec.grace = milliseconds(200);
    return spec;
  }
  std::string log() { return read_file(folder_.path() / "logs" / "step.log").value_or(""); }

  TempDir folder_ = *TempDir::create();
  ProcessExecutor executor_;
};

TEST_F(ProcessExecutorTest, KeepsOutputAndExitCode) {
  const auto result = executor_.run(sh("echo out; echo err >&2; exit 3"), {});
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(log(), "out\nerr\n");
  EXPECT_EQ(result->last_output, "out\nerr\n");
}

TEST_F(ProcessExecutorTest, GivesOnlyTheEnvironmentOfTheStep) {
  ::setenv("TREADLE_SECRET_OF_THE_SERVER", "x", 1);
  StepSpec spec = sh("env | sort; pwd");
  spec.environment = {{"A", "1"}};
  ASSERT_TRUE(executor_.run(spec, {}).ok());
  EXPECT_THAT(log(), HasSubstr("A=1\n"));
  EXPECT_THAT(log(), HasSubstr("HOME=" + folder_.path().string()));
  EXPECT_THAT(log(), testing::Not(HasSubstr("TREADLE_SECRET")));
}

TEST_F(ProcessExecutorTest, EndsTheWholeGroupWhenTimeIsOver) {
  StepSpec spec = sh("trap '' TERM; sleep 60 & echo $! > child; wait; sleep 60");
  spec.timeout = milliseconds(150);
  const std::int64_t begin = monotonic_ns();
  const auto result = executor_.run(spec, {});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->timed_out);
  EXPECT_EQ(result->signal, SIGKILL);
  EXPECT_LT(monotonic_ns() - begin, 10'000'000'000);
  int child = 0;
  std::ifstream(folder_.path() / "child") >> child;
  ASSERT_GT(child, 1);
  for (int i = 0; i < 200 && ::kill(child, 0) == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
  std::string state;
  stat >> state >> state >> state;
  EXPECT_TRUE(state.empty() || state == "Z") << state;
}

TEST_F(ProcessExecutorTest, StopsOnRequest) {
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    source.request_stop();
  });
  const auto result = executor_.run(sh("sleep 60"), source.get_token());
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->cancelled);
}

TEST_F(ProcessExecutorTest, DoesNotWaitForOutputHeldByALeftBehindProcess) {
  const auto result = executor_.run(sh("sleep 60 & exit 0"), {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->exit_code, 0);
}

TEST_F(ProcessExecutorTest, BoundsTheLog) {
  StepSpec spec = sh("yes | head -c 1000000");
  spec.log_limit = 1000;
  ASSERT_TRUE(executor_.run(spec, {}).ok());
  EXPECT_LT(log().size(), 1200U);
  EXPECT_THAT(log(), HasSubstr("reached its limit"));
}

TEST_F(ProcessExecutorTest, NamesAProgramThatIsNotThere) {
  StepSpec spec = sh("");
  spec.command = {"no-such-program"};
  const auto result = executor_.run(spec, {});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.status().message(), HasSubstr("no-such-program"));
}

TEST_F(ProcessExecutorTest, EndsALeftoverOnlyWhenItIsTheSameProcess) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setsid();
    ::execl("/bin/sleep", "sleep", "60", nullptr);
    ::_exit(1);
  }
  std::this_thread::sleep_for(milliseconds(100));
  std::ofstream(folder_.path() / ".treadle-process") << pid << " 12345\n";
  executor_.end_leftover(folder_.path());
  EXPECT_EQ(::kill(pid, 0), 0);
  ::kill(pid, SIGKILL);
}

}  // namespace
}  // namespace treadle::executors
