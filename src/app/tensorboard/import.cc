#include "app/tensorboard/import.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "domains/tracking/service.h"

namespace treadle::app::tensorboard {
namespace {

namespace fs = std::filesystem;
using tracking::Limits;

constexpr std::size_t kMostProblems = 1000;

// A tag as a metric's or param's key: what keys may not hold becomes "_", also parts of a path that lead nowhere.
std::string key_of(std::string_view tag) {
  std::string key;
  for (const std::string_view part : split(tag, '/')) {
    if (!key.empty()) key += '/';
    const bool is_name = !part.empty() && part != "." && part != "..";
    for (const char c : is_name ? part : std::string_view("_")) {
      const bool allowed = std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0 ||
                           std::string_view("_-. :").find(c) != std::string_view::npos;
      key += allowed ? c : '_';
    }
  }
  return key;
}

}  // namespace

Status Import::find_files() {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder_, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.filename().string().find("tfevents") == std::string::npos) continue;
    std::error_code gone;  // files may go while they are looked at
    if (!entry->is_regular_file(gone)) continue;
    Run& run = run_of(path.parent_path());
    const bool is_new = run.files.try_emplace(path.string(), Source{EventFile(path)}).second;
    summary_.files += is_new ? 1 : 0;
  }
  if (error) return failed_precondition("cannot look through ", folder_.string(), ": ", error.message());
  return ok_status();
}

Import::Run& Import::run_of(const fs::path& folder) {
  const auto [at, is_new] = runs_.try_emplace(folder.string());
  Run& run = at->second;
  if (!is_new) return run;
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(folder, error);
  const fs::path below = fs::relative(folder, folder_, error);
  run.record.id = sha256_hex(str_cat("tensorboard\n", whole.string())).substr(0, 32);
  run.record.name = below.empty() || below == "." ? whole.filename().string() : below.string();
  run.record.tags = {{"mlflow.runName", run.record.name}, {"treadle.tensorboard", whole.string()}};
  return run;
}

Status Import::begin(Run& run) {
  if (run.begun) return ok_status();
  if (experiment_id_.empty()) {
    tracking::Experiment experiment;
    experiment.name = experiment_;
    experiment.created_ms = experiment.updated_ms = run.record.start_ms;
    ASSIGN_OR_RETURN(experiment_id_, sink_.begin_experiment(experiment));
  }
  RETURN_IF_ERROR(sink_.begin_run(run.record, experiment_id_));
  run.begun = true;
  run.batch.tags = run.record.tags;
  ++summary_.runs;
  return ok_status();
}

Status Import::send(Run& run) {
  if (run.batch.metrics.empty() && run.batch.params.empty() && run.batch.tags.empty()) return ok_status();
  RETURN_IF_ERROR(begin(run));
  const tracking::Batch batch = std::exchange(run.batch, {});
  Status logged = sink_.log(run.record, batch);
  if (logged.code() == StatusCode::kInvalidArgument && summary_.problems.size() < kMostProblems) {
    summary_.problems.push_back({str_cat("run ", run.record.name), logged.message()});
    return ok_status();
  }
  if (logged.ok()) summary_.points += static_cast<std::int64_t>(batch.metrics.size());
  return logged;
}

// "images/<tag>/<step>.png", and "<step>-1.png" for a second one of the same tag and step.
Status Import::add_file(Run& run, const File& file, std::int64_t step) {
  const std::string key = key_of(file.tag);
  if (key.size() > Limits::kKey) {
    ++summary_.left_out[str_cat(file.folder, " of names that are too long")];
    return ok_status();
  }
  RETURN_IF_ERROR(begin(run));
  const transfer::Owner owner{false, experiment_id_, run.record.id, {}};
  if (!run.stored) {
    ASSIGN_OR_RETURN(run.stored, sink_.artifacts(owner, experiment_id_));
  }
  const std::string start = str_cat(file.folder, "/", key, "/", step);
  std::string path = start + file.extension;
  for (int i = 1; !run.written.insert(path).second; ++i) path = str_cat(start, "-", i, file.extension);
  ++summary_.artifacts;
  const auto there = run.stored->find(path);
  if (there != run.stored->end() && there->second == file.content.size()) return ok_status();
  ASSIGN_OR_RETURN(const TempDir folder, TempDir::create());
  const fs::path copy = folder.path() / "file";
  RETURN_IF_ERROR(write_file_atomic(copy, file.content));
  return sink_.put_artifact(owner, experiment_id_, path, copy);
}

Status Import::add(Run& run, const Event& event) {
  // What says nothing (a file's first record says its version) tells no time of the training either.
  if (event.scalars.empty() && event.params.empty() && event.files.empty() && event.left_out.empty())
    return ok_status();
  if (run.record.start_ms == 0) run.record.start_ms = event.time_ms;
  run.record.end_ms = std::max(run.record.end_ms.value_or(0), event.time_ms);
  for (const auto& [kind, count] : event.left_out) summary_.left_out[kind] += count;
  for (const File& file : event.files) RETURN_IF_ERROR(add_file(run, file, event.step));
  for (const auto& [tag, value] : event.params) {
    const std::string key = key_of(tag);
    if (key.size() > Limits::kKey || value.size() > Limits::kParamValue) {
      ++summary_.left_out["params that are too long"];
      continue;
    }
    run.batch.params.emplace_back(key, value);
    if (run.batch.params.size() == Limits::kBatchParams) RETURN_IF_ERROR(send(run));
  }
  for (const auto& [tag, value] : event.scalars) {
    std::string key = key_of(tag);
    if (key.size() > Limits::kKey) {
      ++summary_.left_out["points of names that are too long"];
      continue;
    }
    run.batch.metrics.push_back({std::move(key), value, event.time_ms, event.step});
    if (run.batch.metrics.size() + run.batch.params.size() + run.record.tags.size() >= Limits::kBatchEntities)
      RETURN_IF_ERROR(send(run));
  }
  return ok_status();
}

Status Import::read_file(Run& run, Source& source, const std::function<void(const Summary&)>& progress) {
  while (!source.broken) {
    const auto record = source.file.next();
    auto event = StatusOr<Event>(Event());
    if (record.ok() && !*record) return ok_status();
    if (record.ok()) event = parse_event(**record);
    if (!record.ok() || !event.ok()) {
      // One file that cannot be read says nothing about the others.
      source.broken = true;
      const Status& why = record.ok() ? event.status() : record.status();
      if (summary_.problems.size() < kMostProblems)
        summary_.problems.push_back({source.file.path().string(), why.message()});
      return ok_status();
    }
    const std::int64_t before = summary_.points;
    RETURN_IF_ERROR(add(run, *event));
    if (summary_.points != before) progress(summary_);
  }
  return ok_status();
}

Status Import::read(const std::function<void(const Summary&)>& progress) {
  RETURN_IF_ERROR(find_files());
  for (auto& [folder, run] : runs_) {
    for (auto& [path, source] : run.files) RETURN_IF_ERROR(read_file(run, source, progress));
    RETURN_IF_ERROR(send(run));
  }
  progress(summary_);
  return ok_status();
}

Status Import::finish() {
  for (auto& [folder, run] : runs_) {
    if (!run.begun) continue;
    run.record.status = tracking::RunStatus::kFinished;
    RETURN_IF_ERROR(sink_.end_run(run.record, experiment_id_));
  }
  return ok_status();
}

}  // namespace treadle::app::tensorboard
