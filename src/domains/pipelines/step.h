// One step: inputs to a command line, the command to its end, what it left to outputs.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>

#include "domains/pipelines/python_layer.h"
#include "domains/pipelines/service.h"

namespace treadle::pipelines {

// All a step needs; copied, so that it runs without the engine's lock.
struct StepJob {
  std::string run_id, tracking_id, run_name, pipeline, commit;
  std::int64_t run_created_ms = 0;
  Task task;
  Json component, executor;
  bool use_cache = false;
  std::chrono::milliseconds timeout{24 * 3'600'000};
};

struct StepOutcome {
  TaskState state = TaskState::kFailed;
  Json inputs, outputs = Json::object();
  std::string error;
  std::string cache_key;                   // set when the outputs may be used again
  std::vector<std::string> packages = {};  // of the step's Python layer
};

class StepRunner {
 public:
  StepRunner(sql::Database& database, blob::BlobStore& blobs, executors::Executor& executor, const Options& options)
      : database_(database),
        blobs_(blobs),
        executor_(executor),
        options_(options),
        layers_(executor, options.layers_folder, options.wheels_folder) {}

  // Thread-safe; blocks until the step ended.
  StepOutcome run(const StepJob& job, const std::stop_token& stop);
  // Ends what an earlier server left running of this task and forgets its working directory.
  void clean_up(const std::string& run_id, const Task& task);

 private:
  StatusOr<StepOutcome> run_container(const StepJob& job, const std::filesystem::path& directory,
                                      const std::stop_token& stop);
  StatusOr<StepOutcome> import_artifact(const StepJob& job);
  StatusOr<Json> executor_input(const StepJob& job, const Json& inputs, const std::filesystem::path& directory);
  StatusOr<std::optional<Json>> cached_outputs(const std::string& key);
  std::string cache_key(const StepJob& job, const Json& inputs) const;
  std::filesystem::path work_directory(const std::string& run_id, const Task& task) const;

  sql::Database& database_;
  blob::BlobStore& blobs_;
  executors::Executor& executor_;
  const Options& options_;
  PythonLayers layers_;
  std::mutex folders_;  // a run's folder must not go between its making and that of a step's folder in it
};

}  // namespace treadle::pipelines
