#include "domains/pipelines/python_layer.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"

namespace treadle::pipelines {
namespace {

// kfp 2.x, word for word (kfp/dsl/component_factory.py).
constexpr std::string_view kHead =
    "\nif ! [ -x \"$(command -v pip)\" ]; then\n    python3 -m ensurepip || python3 -m ensurepip --user || apt-get "
    "install python3-pip\nfi\n\nPIP_DISABLE_PIP_VERSION_CHECK=1 ";
constexpr std::string_view kTail = " && \"$0\" \"$@\"\n";
constexpr std::string_view kInstall = "python3 -m pip install --quiet --no-warn-script-location ";

// Words in single quotes or without any character that means something to the shell.
std::optional<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trim(text)).empty()) {
    if (text.front() == '\'') {
      const std::size_t end = text.find('\'', 1);
      if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ' ')) return std::nullopt;
      words.emplace_back(text.substr(1, end - 1));
      text.remove_prefix(end + 1);
      continue;
    }
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (word.find_first_of("\"'\\$`&|;<>()*?[]#~!{}\n") != std::string_view::npos) return std::nullopt;
    words.emplace_back(word);
    text.remove_prefix(end);
  }
  return words;
}

}  // namespace

std::optional<std::vector<std::vector<std::string>>> recognise_bootstrap(const std::vector<std::string>& command) {
  if (command.size() < 4 || command[0] != "sh" || command[1] != "-c") return std::nullopt;
  std::string_view text = command[2];
  if (!text.starts_with(kHead) || !text.ends_with(kTail) || text.size() < kHead.size() + kTail.size()) {
    return std::nullopt;
  }
  text.remove_prefix(kHead.size());
  text.remove_suffix(kTail.size());
  std::vector<std::vector<std::string>> installs;
  while (true) {
    const std::size_t end = text.find(" && ");
    const std::string_view piece = trim(text.substr(0, end));
    if (!piece.starts_with(kInstall)) return std::nullopt;
    auto words = shell_words(piece.substr(kInstall.size()));
    if (!words || words->empty()) return std::nullopt;
    installs.push_back(std::move(*words));
    if (end == std::string_view::npos) return installs;
    text.remove_prefix(end + 4);
  }
}

StatusOr<std::filesystem::path> PythonLayers::ensure(const std::vector<std::vector<std::string>>& installs,
                                                     const std::filesystem::path& log, const std::stop_token& stop) {
  const std::lock_guard lock(mutex_);
  // The interpreter is part of the name: another one needs other binaries.
  std::error_code error;
  const std::filesystem::path python = std::filesystem::canonical("/usr/bin/python3", error);
  const std::filesystem::path layer =
      folder_ / sha256_hex(str_cat(to_text(Json(installs)), "\n", python.string())).substr(0, 24);
  if (std::filesystem::is_directory(layer, error)) return layer;
  const std::filesystem::path building = folder_ / (".building-" + new_ulid());
  std::filesystem::create_directories(building / "work", error);
  if (error) return internal_error("cannot make ", building.string(), ": ", error.message());
  Status built = invalid("no wheels folder");
  if (!wheels_.empty() && std::filesystem::is_directory(wheels_, error))
    built = build(installs, building, log, true, stop);
  if (!built.ok() && !stop.stop_requested()) built = build(installs, building, log, false, stop);
  if (built.ok()) {
    std::filesystem::rename(building / "layer", layer, error);
    if (error) built = internal_error("cannot finish the Python layer ", layer.string(), ": ", error.message());
  }
  std::filesystem::remove_all(building, error);
  RETURN_IF_ERROR(built);
  return layer;
}

std::vector<std::string> PythonLayers::packages(const std::filesystem::path& layer) {
  constexpr std::string_view kInfo = ".dist-info";
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(layer, error)) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(kInfo)) continue;
    name.resize(name.size() - kInfo.size());
    const std::size_t dash = name.rfind('-');
    if (dash != std::string::npos) found.push_back(str_cat(name.substr(0, dash), "==", name.substr(dash + 1)));
  }
  std::sort(found.begin(), found.end());
  const auto python = std::filesystem::canonical("/usr/bin/python3", error);
  if (!error) found.insert(found.begin(), python.filename().string());
  return found;
}

Status PythonLayers::build(const std::vector<std::vector<std::string>>& installs, const std::filesystem::path& target,
                           const std::filesystem::path& log, bool offline, const std::stop_token& stop) {
  std::error_code error;
  std::filesystem::remove_all(target / "layer", error);
  std::filesystem::create_directories(target / "layer", error);
  for (const auto& arguments : installs) {
    executors::StepSpec spec;
    spec.command = {"python3",  "-m",
                    "pip",      "install",
                    "--quiet",  "--no-warn-script-location",
                    "--target", (target / "layer").string()};
    if (offline) spec.command.insert(spec.command.end(), {"--no-index", "--find-links", wheels_.string()});
    spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
    spec.environment = {{"PIP_DISABLE_PIP_VERSION_CHECK", "1"}};
    spec.directory = target / "work";
    spec.log = log;
    spec.timeout = std::chrono::minutes(15);
    ASSIGN_OR_RETURN(const executors::StepResult result, executor_.run(spec, stop));
    if (result.exit_code == 0) continue;
    return unavailable("pip could not install ", join(arguments, " "), ": ", trim(result.last_output));
  }
  return ok_status();
}

}  // namespace treadle::pipelines
