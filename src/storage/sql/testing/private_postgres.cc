#include "storage/sql/testing/private_postgres.h"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace treadle::sql::testing {
namespace {

constexpr const char* kUser = "postgres";

// posix_spawn, not fork: fork would run the handlers of every library in the test program (DuckDB's allocator takes all
// its locks). The child has "/" as its folder and writes to `log`.
StatusOr<pid_t> spawn(std::vector<std::string> command, const std::string& log) {
  // The server refuses root.
  if (geteuid() == 0) {
    const std::string user = str_cat("--reuid=", kUser), group = str_cat("--regid=", kUser);
    command.insert(command.begin(), {"setpriv", user, group, "--clear-groups"});
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& part : command) arguments.push_back(part.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return internal_error("cannot start ", command[0], ": ", std::strerror(failed));
  return child;
}

}  // namespace

std::filesystem::path PrivatePostgres::find_binaries() {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    const auto bin = version.path() / "bin";
    if (std::filesystem::exists(bin / "initdb")) found.push_back(bin);
  }
  return found.empty() ? std::filesystem::path() : *std::max_element(found.begin(), found.end());
}

PrivatePostgres::PrivatePostgres(TempDir folder, std::filesystem::path binaries)
    : folder_(std::move(folder)), binaries_(std::move(binaries)) {
  url_ = str_cat("postgresql:///postgres?user=", kUser, "&host=", folder_.path().string());
}

Status PrivatePostgres::run(const std::vector<std::string>& command) const {
  const std::string log = (folder_.path() / "log").string();
  ASSIGN_OR_RETURN(const pid_t child, spawn(command, log));
  int result = 0;
  if (waitpid(child, &result, 0) != child) return internal_error("cannot wait for ", command[0], ": ", errno_text());
  if (WIFEXITED(result) && WEXITSTATUS(result) == 0) return ok_status();
  return internal_error(command[0], " failed: ", read_file(log).value_or("no output"));
}

StatusOr<std::unique_ptr<PrivatePostgres>> PrivatePostgres::start() {
  ASSIGN_OR_RETURN(TempDir folder, TempDir::create());
  if (geteuid() == 0) {
    const passwd* const user = getpwnam(kUser);
    if (user == nullptr) return not_found("there is no user ", kUser, " to run PostgreSQL as");
    if (chown(folder.path().c_str(), user->pw_uid, user->pw_gid) != 0) return internal_error("chown: ", errno_text());
  }
  auto server = std::unique_ptr<PrivatePostgres>(new PrivatePostgres(std::move(folder), find_binaries()));
  const std::string data = (server->folder_.path() / "data").string(), bin = server->binaries_.string();
  RETURN_IF_ERROR(
      server->run({bin + "/initdb", "-D", data, "-U", kUser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"}));
  const std::string options = str_cat("-k ", server->folder_.path().string(), " -c listen_addresses= -c fsync=off",
                                      " -c shared_buffers=16MB -c max_connections=50");
  RETURN_IF_ERROR(server->run({bin + "/pg_ctl", "-D", data, "-w", "-l",
                               (server->folder_.path() / "server.log").string(), "-o", options, "start"}));
  return server;
}

PrivatePostgres::~PrivatePostgres() {
  const Status stopped =
      run({(binaries_ / "pg_ctl").string(), "-D", (folder_.path() / "data").string(), "-w", "-m", "immediate", "stop"});
  static_cast<void>(stopped.ok());  // the folder goes either way
}

}  // namespace treadle::sql::testing
