#include "executors/leftovers.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "base/files.h"
#include "base/strings.h"

namespace treadle::executors {
namespace {

constexpr std::size_t kMaxEnvironment = 4u << 20;
// Each pass kills all it sees; another one sees what those had just started.
constexpr int kPasses = 50;
// One that waits for a disk dies only when that answers.
constexpr int kLongestDeathMs = 1000;

bool carries(pid_t pid, const std::string& mark) {
  const auto environment = read_file(str_cat("/proc/", pid, "/environ"), kMaxEnvironment);
  if (!environment.ok()) return false;
  const std::size_t at = environment->find(mark);
  return at != std::string::npos && (at == 0 || (*environment)[at - 1] == '\0');
}

// True when something was found. The process is held by a descriptor before it is looked at, so that the one killed is
// the one seen, also when its id was given away meanwhile.
bool kill_once(const std::string& mark) {
  bool found = false;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = parse_int(entry.path().filename().string());
    if (!pid || *pid == ::getpid()) continue;
    const FileDescriptor held(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!held.valid() || !carries(static_cast<pid_t>(*pid), mark)) continue;
    found = true;
    ::syscall(SYS_pidfd_send_signal, held.get(), SIGKILL, nullptr, 0);
    pollfd ended{.fd = held.get(), .events = POLLIN, .revents = 0};
    ::poll(&ended, 1, kLongestDeathMs);
  }
  return found;
}

}  // namespace

void end_processes_of(const std::filesystem::path& directory) {
  // With the ending NUL: no other step's directory that begins alike.
  const std::string mark = str_cat(kStepMark, "=", directory.string()) + '\0';
  for (int pass = 0; pass < kPasses && kill_once(mark); ++pass) {
  }
}

}  // namespace treadle::executors
