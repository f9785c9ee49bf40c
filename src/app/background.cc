#include "app/background.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/strings.h"
#include "net/client.h"

extern char** environ;

namespace treadle::app {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);

std::vector<std::string> server_arguments(const Config& config, const DataDir& data) {
  std::vector<std::string> arguments = {"treadle", "up", "--data", data.path().string()};
  for (const Setting& setting : all_settings()) {
    if (setting.name == "data" || setting.name == "url" || config.origin(setting.name) == "default") continue;
    // What only commands use; and secrets, which the server finds where they were found here.
    if (setting.name == "user" || is_secret(setting.name)) continue;
    arguments.push_back("--" + setting.name);
    arguments.push_back(config.get(setting.name));
  }
  return arguments;
}

StatusOr<pid_t> spawn_server(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return internal_error("cannot start the server: error ", error);
  return pid;
}

// What the server wrote in this life, to explain why it ended.
std::string last_lines(const std::filesystem::path& log, std::size_t from) {
  const auto text = read_file(log).value_or("");
  const std::string tail = text.size() > from ? text.substr(from) : text;
  return tail.size() > 800 ? tail.substr(tail.size() - 800) : tail;
}

bool answers(const std::string& url) {
  auto client = net::Client::create(url);
  if (!client.ok()) return false;
  const auto answer = client->request(net::Method::kGet, "/readyz", {}, {}, std::chrono::seconds(2));
  return answer.ok() && answer->status == 200;
}

}  // namespace

StatusOr<ServerNote> start_in_background(const Config& config, const DataDir& data) {
  if (const auto note = data.running()) {
    return failed_precondition("a server is already running on ", data.path().string(), " (", note->url, ")");
  }
  std::error_code no_log;
  const auto log_size = std::filesystem::file_size(data.log(), no_log);
  ASSIGN_OR_RETURN(const pid_t pid, spawn_server(server_arguments(config, data), data.log()));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      return unavailable("the server ended while starting; it wrote:\n", last_lines(data.log(), no_log ? 0 : log_size));
    }
    const auto note = data.running();
    if (note && note->pid == pid && answers(note->url)) return *note;
    std::this_thread::sleep_for(kPause);
  }
  ::kill(pid, SIGTERM);
  return unavailable("the server was not ready after a minute; see ", data.log().string());
}

Status stop_in_background(const ServerNote& note, const DataDir& data) {
  if (note.pid <= 0 || ::kill(note.pid, SIGTERM) != 0) {
    return unavailable("cannot signal process ", note.pid, ": ", errno_text());
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    // It takes its note away first and closes the database last: what comes after may open that at once.
    const auto now = data.running();
    if (!data.in_use() || (now && now->pid != note.pid)) return ok_status();
    std::this_thread::sleep_for(kPause);
  }
  return unavailable("process ", note.pid, " is still running after a minute; see ", data.log().string());
}

}  // namespace treadle::app
