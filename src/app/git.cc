#include "app/git.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "base/files.h"
#include "base/strings.h"

extern char** environ;

namespace treadle::app {
namespace {

constexpr std::size_t kMostOutput = kMostChanges;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    // What is too long to keep is still read: git must not wait for a full pipe.
    if (text.size() < kMostOutput) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

// What `git -C folder …` printed; nullopt when it failed or is not there.
std::optional<std::string> git(const std::filesystem::path& folder, std::vector<std::string> words) {
  // --no-optional-locks: looking must not get in the way of what the user does in the same checkout.
  words.insert(words.begin(), {"git", "--no-optional-locks", "-C", folder.string()});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const FileDescriptor out(ends[0]);
  FileDescriptor in(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, "git", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  in = FileDescriptor();
  if (error != 0) return std::nullopt;
  std::string text = read_all(out.get());
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return std::nullopt;
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return text;
}

}  // namespace

Json code_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto path = std::filesystem::canonical(file, error);
  if (error) return nullptr;
  const auto folder = path.parent_path();
  // A file that nobody committed says nothing by the commit around it.
  if (!git(folder, {"ls-files", "--error-unmatch", "--", path.filename().string()})) return nullptr;
  const auto commit = git(folder, {"rev-parse", "--verify", "HEAD"});
  const auto changes = git(folder, {"status", "--porcelain", "--untracked-files=no"});
  if (!commit || !changes) return nullptr;
  return {{"commit", trim(*commit)}, {"dirty", !trim(*changes).empty()}};
}

std::string uncommitted_changes(const std::filesystem::path& file) {
  std::error_code error;
  const auto path = std::filesystem::canonical(file, error);
  if (error) return "";
  const auto root = git(path.parent_path(), {"rev-parse", "--show-toplevel"});
  if (!root) return "";
  std::string patch =
      git(std::string(trim(*root)), {"diff", "--no-ext-diff", "--no-color", "--binary", "HEAD"}).value_or("");
  return patch.size() < kMostChanges ? patch : "";
}

}  // namespace treadle::app
