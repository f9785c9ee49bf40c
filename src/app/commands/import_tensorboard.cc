#include "app/commands/import_tensorboard.h"

#include <optional>

#include "app/commands/format.h"
#include "app/connection.h"
#include "app/signals.h"
#include "app/tensorboard/import.h"
#include "app/transfer/treadle_sink.h"

namespace treadle::app {
namespace {

// How often a watch looks for what is new.
constexpr auto kPause = std::chrono::seconds(1);
constexpr std::size_t kProblemsShown = 20;

void print_summary(const tensorboard::Summary& summary, Io& io) {
  Json problems = Json::array();
  for (const auto& problem : summary.problems) problems.push_back({{"what", problem.what}, {"why", problem.why}});
  Json left_out = Json::object();
  std::vector<std::string> words;
  for (const auto& [kind, count] : summary.left_out) {
    left_out[kind] = count;
    words.push_back(str_cat(count, " ", kind));
  }
  io.emit({{"runs", summary.runs},
           {"files", summary.files},
           {"points", summary.points},
           {"artifacts", summary.artifacts},
           {"left_out", left_out},
           {"problems", problems}});
  io.say(str_cat("imported ", summary.runs, " runs with ", summary.points, " points and ", summary.artifacts,
                 " images and texts from ", summary.files, " event files",
                 words.empty() ? "" : "; left out: ", join(words, ", ")));
  for (std::size_t i = 0; i < std::min(summary.problems.size(), kProblemsShown); ++i) {
    io.say(str_cat("  ", summary.problems[i].why));
  }
}

Status import_tensorboard(const Args& args, Io& io) {
  const std::filesystem::path folder = args.get("logdir");
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return not_found(folder.string(), " is no folder");
  // Only a watch waits for them; without one Ctrl-C ends the command as any other.
  std::optional<StopSignals> signals;
  if (args.has("watch")) signals.emplace();
  ASSIGN_OR_RETURN(net::Client writer, connect(args));
  ASSIGN_OR_RETURN(net::Client reader, connect(args));
  transfer::TreadleSink sink(std::move(writer), std::move(reader));
  const std::string name = std::filesystem::weakly_canonical(folder, error).filename().string();
  tensorboard::Import import(folder, args.has("experiment") ? args.get("experiment") : name, sink);
  const auto progress = [&](const tensorboard::Summary& so_far) {
    io.progress(str_cat(signals ? "watching: " : "importing: ", so_far.runs, " runs, ", so_far.points, " points"));
  };
  RETURN_IF_ERROR(import.read(progress));
  if (import.summary().files == 0 && !signals) {
    return not_found("no event file (*tfevents*) lies in ", folder.string(), " or below it");
  }
  while (signals && !signals->wait_for(kPause)) RETURN_IF_ERROR(import.read(progress));
  RETURN_IF_ERROR(import.finish());
  print_summary(import.summary(), io);
  return ok_status();
}

}  // namespace

Command import_tensorboard_command() {
  return {
      .path = "import tensorboard",
      .summary =
          "Take over what trainings write for TensorBoard: scalars, hparams, images and texts, a run per folder; safe "
          "to repeat",
      .examples = {"treadle import tensorboard ./runs",
                   "treadle import tensorboard ./lightning_logs --experiment hvac --watch"},
      .positionals = {{"logdir", "the folder that TensorBoard would be given"}},
      .options = {{"experiment", "NAME", "their experiment, made when it is not there (default: the folder's name)"},
                  {"watch", "", "go on with what is written from now on, until Ctrl-C"}},
      .run = import_tensorboard};
}

}  // namespace treadle::app
