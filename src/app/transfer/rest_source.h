// A running server that speaks MLflow's REST API, version 2 or 3; ours too.
#pragma once

#include "app/transfer/mlflow_api.h"

namespace treadle::app::transfer {

class RestSource final : public Source {
 public:
  static StatusOr<std::unique_ptr<Source>> open(const std::string& url, Problems problems);

  RestSource(MlflowApi api, Problems problems) : Source(std::move(problems)), api_(std::move(api)) {}

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
  StatusOr<std::vector<registry::Version>> versions_of(const std::string& model);
  Status list(const Owner& owner, const std::string& folder, std::vector<ArtifactFile>& found);
  std::string download_target(const Owner& owner, const std::string& path) const;

  MlflowApi api_;
};

}  // namespace treadle::app::transfer
