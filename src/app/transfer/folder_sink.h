// An `mlruns` folder that MLflow's file store opens: its layout, its YAML. Nothing is written outside of it whatever
// names say. Ids, times and numbers are kept.
#pragma once

#include "app/transfer/folder_source.h"
#include "app/transfer/sink.h"

namespace treadle::app::transfer {

class FolderSink final : public Sink {
 public:
  // Makes the folder when it is not there; kFailedPrecondition when it holds something else than such a store.
  // `problems` hears of what has no place in such a folder (a tag "a" beside a tag "a/b").
  static StatusOr<std::unique_ptr<FolderSink>> open(const std::filesystem::path& root, Problems problems);

  StatusOr<std::string> begin_experiment(const tracking::Experiment& experiment) override;
  Status end_experiment(const tracking::Experiment& experiment, const std::string& id) override;
  StatusOr<bool> has_run(const tracking::Run& run, const std::string& experiment_id) override;
  Status begin_run(const tracking::Run& run, const std::string& experiment_id) override;
  Status log(const tracking::Run& run, const tracking::Batch& batch) override;
  Status end_run(const tracking::Run& run, const std::string& experiment_id) override;
  Status put_logged_model(const tracking::LoggedModel& model, const std::string& experiment_id) override;
  Status put_registered_model(const registry::Model& model) override;
  Status put_version(const registry::Version& version) override;
  Status put_alias(const std::string& model, const registry::Alias& alias) override;
  StatusOr<std::map<std::string, std::uint64_t>> artifacts(const Owner& owner,
                                                           const std::string& experiment_id) override;
  Status put_artifact(const Owner& owner, const std::string& experiment_id, const std::string& path,
                      const std::filesystem::path& file) override;

 private:
  FolderSink(std::filesystem::path root, Problems problems) : root_(std::move(root)), problems_(std::move(problems)) {}

  std::filesystem::path experiment_folder(const std::string& id) const { return root_ / id; }
  std::filesystem::path artifact_folder(const Owner& owner, const std::string& experiment_id) const;
  // One that cannot be written stays behind alone.
  void write_tags(const std::filesystem::path& folder, const tracking::Tags& pairs, const std::string& of);
  Status write_run(const tracking::Run& run, const std::string& experiment_id, bool last);
  Status write_inputs(const tracking::Run& run, const tracking::Batch& batch);
  // A portable source (portable.h) as the folder's own address; as it is when what it names is not there.
  std::string source_here(const std::string& portable) const;
  // The folder of a registered model; its name must be one path component.
  StatusOr<std::filesystem::path> model_folder(const std::string& name) const;

  const std::filesystem::path root_;
  const Problems problems_;
  std::unique_ptr<Source> there_;  // reads what an earlier export wrote; opened when it is needed
};

}  // namespace treadle::app::transfer
