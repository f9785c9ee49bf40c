// treadle import mlflow.
#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/transfer/copy.h"
#include "app/transfer/treadle_sink.h"
#include "app/transfer_meter.h"
#include "base/clock.h"

namespace treadle::app {
namespace {

constexpr std::size_t kProblemsShown = 20;

Json summary_json(const transfer::Summary& summary) {
  Json problems = Json::array();
  for (const auto& problem : summary.problems) problems.push_back({{"what", problem.what}, {"why", problem.why}});
  return {{"experiments", summary.experiments},
          {"runs", summary.runs},
          {"runs_already_there", summary.runs_there},
          {"points", summary.points},
          {"logged_models", summary.logged_models},
          {"artifacts", summary.artifacts},
          {"artifacts_already_there", summary.artifacts_there},
          {"bytes", summary.bytes},
          {"models", summary.models},
          {"versions", summary.versions},
          {"problems", problems},
          {"problem_count", summary.problem_count}};
}

void print_summary(const transfer::Summary& summary, double seconds, Io& io) {
  io.emit(summary_json(summary));
  io.say(str_cat("imported ", summary.experiments, " experiments, ", summary.runs, " runs (", summary.runs_there,
                 " were there already), ", summary.points, " points, ", summary.logged_models, " logged models, ",
                 summary.models, " registered models with ", summary.versions, " versions, ", summary.artifacts,
                 " artifacts (", bytes_text(static_cast<double>(summary.bytes)), ") in ", duration_text(seconds)));
  if (summary.problem_count == 0) return;
  io.say(str_cat(summary.problem_count, " things were not imported:"));
  for (std::size_t i = 0; i < std::min(summary.problems.size(), kProblemsShown); ++i) {
    io.say(str_cat("  ", summary.problems[i].what, ": ", summary.problems[i].why));
  }
  if (summary.problem_count > static_cast<std::int64_t>(kProblemsShown)) io.say("  … --json lists a thousand");
}

Status import_mlflow(const Args& args, Io& io) {
  transfer::Summary summary;
  transfer::SourceOptions where{.artifacts_root = args.get("artifacts")};
  ASSIGN_OR_RETURN(const auto source, transfer::open_source(args.get("source"), where, [&](transfer::Problem problem) {
                     summary.add(std::move(problem));
                   }));
  ASSIGN_OR_RETURN(net::Client writer, connect(args));
  ASSIGN_OR_RETURN(net::Client reader, connect(args));
  transfer::TreadleSink sink(std::move(writer), std::move(reader));
  transfer::CopyOptions options;
  options.experiments = args.all("experiment");
  options.artifacts = !args.has("no-artifacts");
  options.progress = [&](const std::string& now, const transfer::Summary& so_far) {
    io.progress(str_cat("importing: ", so_far.runs + so_far.runs_there, " runs, ", so_far.points, " points, ",
                        bytes_text(static_cast<double>(so_far.bytes)), "  ", now));
  };
  const std::int64_t start = monotonic_ns();
  const Status status = transfer::copy(*source, sink, options, summary);
  print_summary(summary, static_cast<double>(monotonic_ns() - start) / 1e9, io);
  if (!status.ok()) return with_context(status, "the import stopped; the same command goes on where it was");
  return ok_status();
}

}  // namespace

void add_transfer_commands(std::vector<Command>& commands) {
  commands.push_back(
      {.path = "import mlflow",
       .summary = "Take over experiments, runs, models and artifacts of MLflow; safe to repeat",
       .examples = {"treadle import mlflow http://127.0.0.1:5000", "treadle import mlflow ./mlruns",
                    "treadle import mlflow sqlite:///mlflow.db --artifacts ./mlartifacts"},
       .positionals = {{"source", "a running MLflow server, an mlruns folder, or its SQLite file"}},
       .options = {{"experiment", "NAME", "only this experiment, without the registry", true},
                   {"artifacts", "DIR", "folder of the server's artifacts, when only its database is at hand"},
                   {"no-artifacts", "", "leave the artifacts behind"}},
       .run = import_mlflow});
}

}  // namespace treadle::app
