#include "executors/process_executor.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/clock.h"
#include "executors/child.h"
#include "executors/leftovers.h"
#include "executors/log_writer.h"

namespace treadle::executors {
namespace {

void drain(int fd, LogWriter& log) {
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    log.write({buffer.data(), static_cast<std::size_t>(count)});
  }
}

// Waits for the end of the child; a stop or the end of its time sends SIGTERM, then SIGKILL.
class Watch {
 public:
  Watch(const StepSpec& spec, const Child& child, LogWriter& log, int stop_event)
      : spec_(spec), child_(child), log_(log), stop_event_(stop_event) {}

  void until_end(StepResult& result) {
    std::int64_t deadline = monotonic_ns() + spec_.timeout.count() * 1'000'000;
    bool ending = false;
    while (true) {
      const std::int64_t left_ms = std::max<std::int64_t>(0, (deadline - monotonic_ns() + 999'999) / 1'000'000);
      std::array<pollfd, 3> polled = {{{output_open_ ? child_.output.get() : -1, POLLIN, 0},
                                       {child_.pidfd.get(), POLLIN, 0},
                                       {ending ? -1 : stop_event_, POLLIN, 0}}};
      const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(std::min<std::int64_t>(left_ms, 60'000)));
      if (ready < 0 && errno != EINTR) break;
      if (ready > 0 && (polled[0].revents & (POLLIN | POLLHUP)) != 0) {
        drain(child_.output.get(), log_);
        if ((polled[0].revents & POLLIN) == 0) output_open_ = false;
      }
      if (ready > 0 && polled[1].revents != 0) return;
      const bool stop = ready > 0 && polled[2].revents != 0;
      const bool late = monotonic_ns() >= deadline;
      if (!stop && !late) continue;
      if (ending) break;
      ending = true;
      (stop ? result.cancelled : result.timed_out) = true;
      ::kill(-child_.pid, SIGTERM);
      deadline = monotonic_ns() + spec_.grace.count() * 1'000'000;
    }
    ::kill(-child_.pid, SIGKILL);
  }

 private:
  const StepSpec& spec_;
  const Child& child_;
  LogWriter& log_;
  int stop_event_;
  bool output_open_ = true;
};

}  // namespace

StatusOr<StepResult> ProcessExecutor::run(const StepSpec& spec, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(LogWriter log, LogWriter::open(spec.log, spec.log_limit));
  const FileDescriptor stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event.valid()) return unavailable("eventfd: ", errno_text());
  const std::stop_callback on_stop(stop, [&] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_event.get(), &one, sizeof one);
  });
  ASSIGN_OR_RETURN(const Child child, spawn(spec, self_));

  StepResult result;
  Watch(spec, child, log, stop_event.get()).until_end(result);
  ::kill(-child.pid, SIGKILL);  // what it left in its group; the id is still held by the unreaped child
  end_processes_of(spec.directory);
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  drain(child.output.get(), log);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + result.signal;
  result.last_output = log.last_output();
  return result;
}

void ProcessExecutor::end_leftover(const std::filesystem::path& directory) { end_processes_of(directory); }

}  // namespace treadle::executors
