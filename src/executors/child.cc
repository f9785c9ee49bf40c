#include "executors/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "executors/leftovers.h"

namespace treadle::executors {
namespace {

constexpr std::string_view kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr rlim_t kOpenFiles = 4096;

// As execvp would find it, but by the step's PATH.
StatusOr<std::string> find_program(const std::string& name, std::string_view path, const StepSpec& spec) {
  if (name.find('/') != std::string::npos) return name;
  for (const std::string_view folder : split(path, ':')) {
    std::string candidate = str_cat(folder, "/", name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return invalid_field("command", "the program \"", spec.command[0], "\" is not on this machine's PATH (", path, ")");
}

struct Prepared {
  std::string program, directory;
  std::vector<std::string> environment;
  std::vector<char*> argv, envp;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& text : strings) out.push_back(const_cast<char*>(text.c_str()));  // NOLINT: execve's type
  out.push_back(nullptr);
  return out;
}

StatusOr<Prepared> prepare(const StepSpec& spec, const std::filesystem::path& self) {
  if (spec.command.empty()) return invalid_field("command", "is empty");
  std::error_code error;
  const std::filesystem::path binary = std::filesystem::read_symlink("/proc/self/exe", error);
  Prepared out;
  out.directory = spec.directory.string();
  std::string path = str_cat(kPath, ":", binary.parent_path().string());
  std::vector<std::pair<std::string, std::string>> base = {
      {"HOME", out.directory}, {"TMPDIR", out.directory}, {"LANG", "C.UTF-8"}};
  for (const auto& [name, value] : spec.environment) {
    if (name == "PATH") {
      path = value;
      continue;
    }
    if (name == kStepMark) continue;
    std::erase_if(base, [&](const auto& known) { return known.first == name; });
    base.emplace_back(name, value);
  }
  base.emplace_back("PATH", path);
  base.emplace_back(kStepMark, out.directory);
  for (const auto& [name, value] : base) out.environment.push_back(str_cat(name, "=", value));
  if (spec.command[0] == "treadle") {
    out.program = self.string();
  } else {
    ASSIGN_OR_RETURN(out.program, find_program(spec.command[0], path, spec));
  }
  out.argv = pointers(spec.command);
  out.envp = pointers(out.environment);
  return out;
}

[[noreturn]] void fail(int report) {
  const int code = errno;
  [[maybe_unused]] const ssize_t written = ::write(report, &code, sizeof code);
  ::_exit(127);
}

[[noreturn]] void become(const Prepared& prepared, const StepSpec& spec, pid_t parent, int output, int report) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the server died before the line above
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) fail(report);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  const rlimit core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &core);
  rlimit files = {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max < kOpenFiles ? files.rlim_max : kOpenFiles;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (spec.memory_limit > 0) {
    const rlimit memory = {spec.memory_limit, spec.memory_limit};
    ::setrlimit(RLIMIT_AS, &memory);
  }
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 32; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir(prepared.directory.c_str()) != 0) fail(report);
  ::execve(prepared.program.c_str(), prepared.argv.data(), prepared.envp.data());
  fail(report);
}

}  // namespace

StatusOr<Child> spawn(const StepSpec& spec, const std::filesystem::path& self) {
  ASSIGN_OR_RETURN(const Prepared prepared, prepare(spec, self));
  int output[2];
  int report[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return unavailable("cannot make a pipe: ", errno_text());
  FileDescriptor output_read(output[0]);
  FileDescriptor output_write(output[1]);
  if (::pipe2(report, O_CLOEXEC) != 0) return unavailable("cannot make a pipe: ", errno_text());
  FileDescriptor report_read(report[0]);
  FileDescriptor report_write(report[1]);
  ::fcntl(output_read.get(), F_SETFL, O_NONBLOCK);

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return unavailable("cannot start a process: ", errno_text());
  if (pid == 0) become(prepared, spec, parent, output_write.get(), report_write.get());

  output_write = FileDescriptor();
  report_write = FileDescriptor();
  int code = 0;
  ssize_t count = 0;
  do {
    count = ::read(report_read.get(), &code, sizeof code);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    ::waitpid(pid, nullptr, 0);
    return invalid_field("command", "cannot start \"", spec.command[0], "\": ", ::strerror(code));
  }
  FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return internal_error("pidfd_open: ", errno_text());
  }
  return Child{pid, std::move(output_read), std::move(pidfd)};
}

}  // namespace treadle::executors
