#include "executors/process_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

// The process whose id the step wrote to `name`; waits for it to be written.
pid_t written_pid(const std::filesystem::path& name) {
  for (int i = 0; i < 1000; ++i) {
    const auto text = read_file(name);
    if (text.ok() && text->ends_with('\n')) return static_cast<pid_t>(parse_int(trim(*text)).value_or(0));
    std::this_thread::sleep_for(milliseconds(10));
  }
  return 0;
}

// Ended, reaped or not.
bool is_gone(pid_t pid) {
  const auto status = read_file(str_cat("/proc/", pid, "/stat"));
  return !status.ok() || status->find(") Z ") != std::string::npos;
}

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
  const pid_t child = written_pid(folder_.path() / "child");
  ASSERT_GT(child, 1);
  for (int i = 0; i < 200 && !is_gone(child); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(is_gone(child));
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

TEST_F(ProcessExecutorTest, EndsWhatLeftTheGroup) {
  const auto result = executor_.run(
      sh("setsid sh -c 'echo $$ > daemon; exec sleep 60' & while ! [ -s daemon ]; do sleep 0.01; done"), {});
  ASSERT_TRUE(result.ok());
  const pid_t daemon = written_pid(folder_.path() / "daemon");
  ASSERT_GT(daemon, 0);
  EXPECT_TRUE(is_gone(daemon));
}

TEST_F(ProcessExecutorTest, AfterACrashEndsWhatTheStepLeftAndNothingElse) {
  const auto other = *TempDir::create();
  const pid_t server = ::fork();
  if (server == 0) {
    std::jthread beside([&] {
      StepSpec spec = sh("echo $$ > other; exec sleep 60");
      spec.directory = other.path();
      spec.log = other.path() / "log";
      (void)executor_.run(spec, {});
    });
    (void)executor_.run(sh("setsid sh -c 'echo $$ > daemon; exec sleep 60' & wait"), {});
    ::_exit(0);
  }
  const pid_t daemon = written_pid(folder_.path() / "daemon");
  const pid_t step_beside = written_pid(other.path() / "other");
  ASSERT_GT(daemon, 0);
  ASSERT_GT(step_beside, 0);
  executor_.end_leftover("/nothing/ran/here");
  EXPECT_FALSE(is_gone(daemon));
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  EXPECT_FALSE(is_gone(daemon));
  executor_.end_leftover(folder_.path());
  EXPECT_TRUE(is_gone(daemon));
  // The kernel ends the other step itself, when its server dies.
  for (int i = 0; i < 500 && !is_gone(step_beside); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(is_gone(step_beside));
}

}  // namespace
}  // namespace treadle::executors
