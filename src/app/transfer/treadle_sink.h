// This program's server: ids, numbers and times are kept.
#pragma once

#include "app/transfer/rest_source.h"
#include "app/transfer/sink.h"

namespace treadle::app::transfer {

class TreadleSink final : public Sink {
 public:
  // Two connections to the server: one writes, one asks what is there.
  TreadleSink(net::Client writer, net::Client reader)
      : client_(std::move(writer)), there_(MlflowApi(std::move(reader)), [](const Problem&) {}) {}

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
  Status put_run(const tracking::Run& run, const std::string& experiment_id, bool last);
  StatusOr<std::string> source_here(const std::string& portable);

  net::Client client_;
  RestSource there_;  // what the server has already
};

}  // namespace treadle::app::transfer
