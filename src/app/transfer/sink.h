// Where experiments, runs and models can be written to: this program's server, another MLflow server, an `mlruns`
// folder. Every call is safe to repeat: what is there already stays as it is or becomes what is given.
#pragma once

#include <map>

#include "app/transfer/source.h"

namespace treadle::app::transfer {

class Sink {
 public:
  virtual ~Sink() = default;

  // The target's id of the experiment, which is active until end_experiment() says otherwise.
  virtual StatusOr<std::string> begin_experiment(const tracking::Experiment& experiment) = 0;
  virtual Status end_experiment(const tracking::Experiment& experiment, const std::string& id) = 0;

  // Whether an earlier copy of this run was finished and the run has not changed since.
  virtual StatusOr<bool> has_run(const tracking::Run& run, const std::string& experiment_id) = 0;
  // The run is active until end_run() gives it its last state.
  virtual Status begin_run(const tracking::Run& run, const std::string& experiment_id) = 0;
  // At most what one log-batch may hold (tracking::Limits).
  virtual Status log(const tracking::Run& run, const tracking::Batch& batch) = 0;
  virtual Status end_run(const tracking::Run& run, const std::string& experiment_id) = 0;

  virtual Status put_logged_model(const tracking::LoggedModel& model, const std::string& experiment_id) = 0;
  // Sources of versions are portable (see portable.h).
  virtual Status put_registered_model(const registry::Model& model) = 0;
  virtual Status put_version(const registry::Version& version) = 0;
  virtual Status put_alias(const std::string& model, const registry::Alias& alias) = 0;

  // Sizes by path of what the owner has there. `owner` has the source's ids; `experiment_id` is the target's.
  virtual StatusOr<std::map<std::string, std::uint64_t>> artifacts(const Owner& owner,
                                                                   const std::string& experiment_id) = 0;
  virtual Status put_artifact(const Owner& owner, const std::string& experiment_id, const std::string& path,
                              const std::filesystem::path& file) = 0;
};

}  // namespace treadle::app::transfer
