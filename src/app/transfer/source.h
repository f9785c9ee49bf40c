// Where experiments, runs and models can be read from: an MLflow server (ours is one too), an `mlruns` folder, an
// MLflow SQLite file. One interface, so that copying and comparing know no format.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "domains/registry/types.h"
#include "domains/tracking/types.h"

namespace treadle::app::transfer {

// A run or a logged model: what has artifacts.
struct Owner {
  bool is_model = false;
  std::string experiment_id, id;
  std::string artifact_uri;  // as its store says it
};

struct Run {
  tracking::Run record;  // its metrics name the keys; the points come from Source::history
  std::string artifact_uri;
  Owner owner() const { return {false, record.experiment_id, record.id, artifact_uri}; }
};

struct LoggedModel {
  tracking::LoggedModel record;
  std::string artifact_uri;
  Owner owner() const { return {true, record.experiment_id, record.id, artifact_uri}; }
};

struct RegisteredModel {
  registry::Model record;
  std::vector<registry::Version> versions;  // by number; deleted ones are not there
};

struct ArtifactFile {
  std::string path;  // relative to its owner's folder
  std::uint64_t size = 0;
};

// Something that could not be read or written, and why. The copy goes on without it.
struct Problem {
  std::string what, why;
};
using Problems = std::function<void(Problem)>;

// Callbacks are called in turn; an error from one ends the call and is returned. Not thread-safe. Things that are
// broken inside the source are reported to `problems` and left out.
class Source {
 public:
  explicit Source(Problems problems) : problems_(std::move(problems)) {}
  virtual ~Source() = default;

  // Deleted ones too, by id.
  virtual StatusOr<std::vector<tracking::Experiment>> experiments() = 0;
  // Deleted ones too, with everything but the histories.
  virtual Status runs(const std::string& experiment_id, const std::function<Status(Run&&)>& each) = 0;
  virtual StatusOr<Run> run(const std::string& experiment_id, const std::string& run_id) = 0;
  // All points of one key in pieces of at most 1000, in no particular order.
  virtual Status history(const Run& run, const std::string& key,
                         const std::function<Status(std::vector<tracking::Metric>&&)>& each) = 0;
  virtual Status logged_models(const std::string& experiment_id, const std::function<Status(LoggedModel&&)>& each) = 0;
  virtual Status registered_models(const std::function<Status(RegisteredModel&&)>& each) = 0;
  // Files at any depth.
  virtual StatusOr<std::vector<ArtifactFile>> artifacts(const Owner& owner) = 0;
  // The file on this machine, fetched to `scratch` when it is elsewhere.
  virtual StatusOr<std::filesystem::path> artifact(const Owner& owner, const std::string& path,
                                                   const std::filesystem::path& scratch) = 0;
  // What this source holds that no copy carries ("3 traces"); empty when there is nothing.
  virtual StatusOr<std::string> left_behind() = 0;

 protected:
  void problem(std::string what, std::string why) { problems_({std::move(what), std::move(why)}); }

 private:
  Problems problems_;
};

struct SourceOptions {
  std::filesystem::path artifacts_root;  // where the files behind mlflow-artifacts:/ lie, when no server gives them
};

// "http://host:port", "sqlite:///path/mlflow.db" or a folder. kInvalidArgument says what is wrong with it.
StatusOr<std::unique_ptr<Source>> open_source(const std::string& where, const SourceOptions& options,
                                              Problems problems);

}  // namespace treadle::app::transfer
