// treadle import mlflow, treadle export mlflow.
#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/import_tensorboard.h"
#include "app/connection.h"
#include "app/transfer/copy.h"
#include "app/transfer/folder_sink.h"
#include "app/transfer/treadle_sink.h"
#include "app/transfer/verify.h"
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

// `done` is "imported" or "exported".
void print_summary(std::string_view done, const transfer::Summary& summary, double seconds, Io& io) {
  io.emit(summary_json(summary));
  io.say(str_cat(done, " ", summary.experiments, " experiments, ", summary.runs, " runs (", summary.runs_there,
                 " were there already), ", summary.points, " points, ", summary.logged_models, " logged models, ",
                 summary.models, " registered models with ", summary.versions, " versions, ", summary.artifacts,
                 " artifacts (", bytes_text(static_cast<double>(summary.bytes)), ") in ", duration_text(seconds)));
  if (summary.problem_count == 0) return;
  io.say(str_cat(summary.problem_count, " things were not ", done, ":"));
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
  print_summary("imported", summary, static_cast<double>(monotonic_ns() - start) / 1e9, io);
  if (!status.ok()) return with_context(status, "the import stopped; the same command goes on where it was");
  return ok_status();
}

StatusOr<std::unique_ptr<transfer::Source>> this_server(const Args& args, transfer::Problems problems) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  return std::unique_ptr<transfer::Source>(
      std::make_unique<transfer::RestSource>(transfer::MlflowApi(std::move(client)), std::move(problems)));
}

// Reads both with the same code; the folder must have what the server has.
Status verify_export(const Args& args, Io& io) {
  Json differences = Json::array();
  std::int64_t count = 0;
  const transfer::Problems note = [&](transfer::Problem problem) {
    if (++count <= 1000) differences.push_back({{"what", problem.what}, {"difference", problem.why}});
  };
  ASSIGN_OR_RETURN(const auto here, this_server(args, note));
  ASSIGN_OR_RETURN(const auto there, transfer::open_source(args.get("folder"), {}, note));
  const std::function<void(const std::string&)> progress = [&](const std::string& now) {
    io.progress(str_cat("comparing: ", now));
  };
  ASSIGN_OR_RETURN(const auto compared, transfer::compare(*here, *there, args.all("experiment"), note, progress));
  io.emit({{"experiments", compared.experiments},
           {"runs", compared.runs},
           {"points", compared.points},
           {"artifacts", compared.artifacts},
           {"logged_models", compared.logged_models},
           {"versions", compared.versions},
           {"difference_count", count},
           {"differences", differences}});
  io.say(str_cat("compared ", compared.experiments, " experiments, ", compared.runs, " runs, ", compared.points,
                 " points, ", compared.artifacts, " artifacts, ", compared.logged_models, " logged models, ",
                 compared.versions, " versions"));
  for (std::size_t i = 0; i < std::min(differences.size(), kProblemsShown); ++i) {
    io.say(str_cat("  ", text_of(differences[i], "what"), ": ", text_of(differences[i], "difference")));
  }
  if (count == 0) return ok_status();
  return failed_precondition(count, " differences between the server and ", args.get("folder"),
                             "; export again to bring the folder up to date");
}

Status export_mlflow(const Args& args, Io& io) {
  if (args.has("verify")) return verify_export(args, io);
  transfer::Summary summary;
  const transfer::Problems note = [&](transfer::Problem problem) { summary.add(std::move(problem)); };
  ASSIGN_OR_RETURN(const auto source, this_server(args, note));
  ASSIGN_OR_RETURN(const auto sink, transfer::FolderSink::open(args.get("folder"), note));
  transfer::CopyOptions options;
  options.experiments = args.all("experiment");
  options.artifacts = !args.has("no-artifacts");
  options.progress = [&](const std::string& now, const transfer::Summary& so_far) {
    io.progress(str_cat("exporting: ", so_far.runs + so_far.runs_there, " runs, ", so_far.points, " points, ",
                        bytes_text(static_cast<double>(so_far.bytes)), "  ", now));
  };
  const std::int64_t start = monotonic_ns();
  const Status status = transfer::copy(*source, *sink, options, summary);
  print_summary("exported", summary, static_cast<double>(monotonic_ns() - start) / 1e9, io);
  if (!status.ok()) return with_context(status, "the export stopped; the same command goes on where it was");
  return ok_status();
}

}  // namespace

void add_transfer_commands(std::vector<Command>& commands) {
  commands.push_back(import_tensorboard_command());
  commands.push_back(
      {.path = "import mlflow",
       .summary = "Take over experiments, runs, models and artifacts of MLflow; safe to repeat",
       .examples =
           {"treadle import mlflow http://127.0.0.1:5000",
            "MLFLOW_TRACKING_USERNAME=ada MLFLOW_TRACKING_PASSWORD=… treadle import mlflow https://ml.example.org",
            "treadle import mlflow ./mlruns", "treadle import mlflow sqlite:///mlflow.db --artifacts ./mlartifacts"},
       .positionals = {{"source", "a running MLflow server, an mlruns folder, or its SQLite file"}},
       .options = {{"experiment", "NAME", "only this experiment, without the registry", true},
                   {"artifacts", "DIR", "folder of the server's artifacts, when only its database is at hand"},
                   {"no-artifacts", "", "leave the artifacts behind"}},
       .run = import_mlflow});
  commands.push_back(
      {.path = "export mlflow",
       .summary = "Write experiments, runs, models and artifacts as an mlruns folder that MLflow opens; safe to repeat",
       .examples = {"treadle export mlflow ./mlruns", "treadle export mlflow ./mlruns --experiment energy-demand",
                    "treadle export mlflow ./mlruns --verify"},
       .positionals = {{"folder", "the folder to write; empty, not there yet, or an earlier export"}},
       .options = {{"experiment", "NAME", "only this experiment, without the registry", true},
                   {"no-artifacts", "", "leave the artifacts behind"},
                   {"verify", "", "write nothing: compare the folder with the server and list what differs"}},
       .run = export_mlflow});
}

}  // namespace treadle::app
