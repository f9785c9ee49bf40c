// An `mlruns` folder: MLflow's file store.
#pragma once

#include <map>

#include "app/transfer/source.h"
#include "base/json.h"

namespace treadle::app::transfer {

class FolderSource final : public Source {
 public:
  // `root` holds one folder per experiment; a folder that holds `mlruns` will do.
  static StatusOr<std::unique_ptr<Source>> open(std::filesystem::path root, const SourceOptions& options,
                                                Problems problems);

  StatusOr<std::vector<tracking::Experiment>> experiments() override;
  Status runs(const std::string& experiment_id, const std::function<Status(Run&&)>& each) override;
  StatusOr<Run> run(const std::string& experiment_id, const std::string& run_id) override;
  Status history(const Run& run, const std::string& key,
                 const std::function<Status(std::vector<tracking::Metric>&&)>& each) override;
  Status logged_models(const std::string& experiment_id, const std::function<Status(LoggedModel&&)>& each) override;
  Status registered_models(const std::function<Status(RegisteredModel&&)>& each) override;
  StatusOr<std::vector<ArtifactFile>> artifacts(const Owner& owner) override;
  StatusOr<std::filesystem::path> artifact(const Owner& owner, const std::string& path,
                                           const std::filesystem::path& scratch) override;
  StatusOr<std::string> left_behind() override;

 private:
  FolderSource(std::filesystem::path root, SourceOptions options, Problems problems)
      : Source(std::move(problems)), root_(std::move(root)), options_(std::move(options)) {}

  StatusOr<std::filesystem::path> folder_of(const std::string& experiment_id);
  StatusOr<Run> read_run(const std::string& experiment_id, const std::filesystem::path& folder);
  Status read_links(const std::string& experiment_id, const std::filesystem::path& folder, tracking::Run& run);
  StatusOr<LoggedModel> read_logged_model(const std::string& experiment_id, const std::filesystem::path& folder);
  StatusOr<RegisteredModel> read_registered_model(const std::filesystem::path& folder);
  StatusOr<std::filesystem::path> artifact_folder(const Owner& owner);

  const std::filesystem::path root_;
  const SourceOptions options_;
  std::map<std::string, std::filesystem::path> folders_;  // of the experiments
};

}  // namespace treadle::app::transfer
