#include "app/commands/reproduce_project.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/strings.h"

extern char** environ;

namespace treadle::app {
namespace {

struct Project {
  std::filesystem::path folder;  // where the project lies now
  std::string commit, entry_point;
};

std::string tag(const Json& run, std::string_view key) {
  const std::string value = text_of(object_of(run, "tags"), key);
  return value == "-" ? "" : value;
}

Status cannot(const Json& run, std::string_view why) {
  return failed_precondition("run ", text_of(run, "id"), " cannot be run again: ", why);
}

// Waits for a program; its output goes to standard error. The exit code.
StatusOr<int> run_program(std::vector<std::string> words, const std::vector<std::string>& more_environment = {}) {
  std::vector<char*> argv, env;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> added = more_environment;
  for (std::string& one : added) env.push_back(one.data());
  for (char** one = environ; *one != nullptr; ++one) env.push_back(*one);
  env.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failed_precondition("the program ", words[0], " cannot be started: is it installed?");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return internal_error("waiting for ", words[0], " failed");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Status must(std::vector<std::string> words, std::string_view what) {
  ASSIGN_OR_RETURN(const int code, run_program(std::move(words)));
  return code == 0 ? ok_status() : failed_precondition(what, " (exit code ", code, ")");
}

StatusOr<Project> project_of(const Json& run) {
  Project project{.commit = tag(run, "mlflow.source.git.commit"), .entry_point = tag(run, "mlflow.project.entryPoint")};
  if (project.entry_point.empty()) {
    return cannot(run,
                  "it is neither a pipeline's run nor that of an MLflow project (no tag mlflow.project.entryPoint)");
  }
  if (project.commit.empty()) return cannot(run, "no commit is recorded (no tag mlflow.source.git.commit)");
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(project.commit.begin(), project.commit.end(), is_hex)) {
    return cannot(run, str_cat("\"", project.commit, "\" is no commit"));
  }
  // What git and mlflow would read as an option.
  if (project.entry_point.starts_with('-')) return cannot(run, "its entry point begins with a dash");
  std::string source = tag(run, "mlflow.source.name");
  if (source.starts_with("file://")) source.erase(0, 7);
  const std::size_t hash = source.find('#');
  project.folder = source.substr(0, hash);
  if (hash != std::string::npos) project.folder /= source.substr(hash + 1);
  std::error_code error;
  if (!project.folder.is_absolute() || !std::filesystem::is_directory(project.folder, error)) {
    return cannot(run, str_cat("its project \"", source, "\" is not a folder of this machine"));
  }
  return project;
}

StatusOr<std::filesystem::path> repository_of(const Json& run, const Project& project) {
  std::error_code error;
  for (auto at = std::filesystem::canonical(project.folder, error); at.has_relative_path(); at = at.parent_path()) {
    if (std::filesystem::exists(at / ".git", error)) return at;
  }
  return cannot(run, str_cat(project.folder.string(), " is in no git repository"));
}

// The run's params that the project declares; the others its code logged by itself.
std::vector<std::string> arguments_of(const Json& run, const std::filesystem::path& folder) {
  std::vector<std::string> arguments;
  const auto text = read_file(folder / "MLproject", 1 << 20);
  for (const auto& [name, value] : object_of(run, "params").items()) {
    for (const std::string_view line : split(text.ok() ? *text : "", '\n')) {
      if (!trim(line).starts_with(str_cat(name, ":"))) continue;
      arguments.insert(arguments.end(),
                       {"-P", str_cat(name, "=", value.is_string() ? value.get<std::string>() : to_text(value))});
      break;
    }
  }
  return arguments;
}

// The run that mlflow made under a name of our choice.
StatusOr<std::string> find_by_name(net::Client& client, const std::string& experiment, const std::string& name) {
  const std::string filter = str_cat("attributes.run_name = '", name, "'");
  ASSIGN_OR_RETURN(const Json answer, client.get_json(str_cat("/api/v1/runs?limit=2&experiment_id=", experiment,
                                                              "&filter=", net::percent_encode(filter))));
  const Json& runs = list_of(answer, "runs");
  if (runs.size() != 1) return internal_error("mlflow ended well, but its run is not there");
  return text_of(runs[0], "id");
}

}  // namespace

Status check_project(const Json& run) {
  ASSIGN_OR_RETURN(const Project project, project_of(run));
  ASSIGN_OR_RETURN(const auto repository, repository_of(run, project));
  const auto found = run_program({"git", "-C", repository.string(), "cat-file", "-e", project.commit + "^{commit}"});
  RETURN_IF_ERROR(found);
  if (*found != 0) return cannot(run, str_cat("its commit ", project.commit, " is not in ", repository.string()));
  return ok_status();
}

std::string describe_project(const Json& run) {
  const auto project = project_of(run);
  if (!project.ok()) return project.status().message();
  return str_cat("mlflow run ", project->folder.string(), " at ", project->commit.substr(0, 12), " -e ",
                 project->entry_point, " ", join(arguments_of(run, project->folder), " "));
}

StatusOr<std::string> rerun_project(net::Client& client, const Json& run, const std::string& url, Io& io) {
  RETURN_IF_ERROR(check_project(run));
  ASSIGN_OR_RETURN(const Project project, project_of(run));
  ASSIGN_OR_RETURN(const auto repository, repository_of(run, project));
  ASSIGN_OR_RETURN(const TempDir checkout, TempDir::create());
  const std::string folder = (checkout.path() / "project").string();
  RETURN_IF_ERROR(must({"git", "clone", "--quiet", "--shared", "--no-checkout", repository.string(), folder},
                       "the repository could not be copied"));
  RETURN_IF_ERROR(must({"git", "-C", folder, "checkout", "--quiet", "--detach", project.commit},
                       "the commit could not be checked out"));
  std::error_code error;
  const auto within = std::filesystem::relative(std::filesystem::canonical(project.folder, error), repository, error);
  const std::filesystem::path at = within == "." ? std::filesystem::path(folder) : folder / within;
  const std::string name = str_cat("again-", new_ulid());
  std::vector<std::string> words = {"mlflow",
                                    "run",
                                    at.string(),
                                    "-e",
                                    project.entry_point,
                                    "--env-manager",
                                    "local",
                                    "--experiment-id",
                                    text_of(run, "experiment_id"),
                                    "--run-name",
                                    name};
  const auto arguments = arguments_of(run, at);
  words.insert(words.end(), arguments.begin(), arguments.end());
  io.say(str_cat("running: ", join(words, " ")));
  ASSIGN_OR_RETURN(const int code, run_program(words, {str_cat("MLFLOW_TRACKING_URI=", url)}));
  if (code != 0) return failed_precondition("mlflow ended with exit code ", code);
  ASSIGN_OR_RETURN(const std::string id, find_by_name(client, text_of(run, "experiment_id"), name));
  RETURN_IF_ERROR(client.send_json(net::Method::kPost, run_path(id) + "/log",
                                   {{"tags", {{"treadle.reproduces", text_of(run, "id")}}}}));
  return id;
}

}  // namespace treadle::app
