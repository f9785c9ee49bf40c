// The SQLite file of an MLflow server. Nothing in it is changed.
#pragma once

#include <set>

#include "app/transfer/source.h"
#include "storage/sql/database.h"

namespace treadle::app::transfer {

class SqliteSource final : public Source {
 public:
  static StatusOr<std::unique_ptr<Source>> open(const std::filesystem::path& file, const SourceOptions& options,
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
  SqliteSource(std::unique_ptr<sql::Connection> database, std::filesystem::path folder, SourceOptions options,
               Problems problems)
      : Source(std::move(problems)),
        database_(std::move(database)),
        folder_(std::move(folder)),
        options_(std::move(options)) {}

  Status find_columns();
  // Versions of MLflow differ in what they have: "metrics" or "inputs.step".
  bool has(const std::string& table_or_column) const { return known_.contains(table_or_column); }
  StatusOr<tracking::Tags> texts(const std::string& sql, const sql::Values& values);
  Status read_children(Run& run);
  Status read_inputs(Run& run);
  Status read_model_children(LoggedModel& model);
  Status read_versions(RegisteredModel& model);

  std::unique_ptr<sql::Connection> database_;
  const std::filesystem::path folder_;  // relative artifact paths begin here
  const SourceOptions options_;
  std::set<std::string> known_;
};

}  // namespace treadle::app::transfer
