// The model as MLflow reads it: a folder with MLmodel, model.ubj and the environment, plus what Treadle needs to serve
// and watch it (features.json, reference.parquet).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "domains/components/feature_config.h"
#include "runtimes/xgboost/forest.h"
#include "storage/table/table.h"

namespace treadle::components {

struct ModelParts {
  std::string model;                       // UBJSON
  std::vector<std::string> feature_names;  // the model's order
  Json config;                             // the feature configuration
  std::string trained_until;               // the newest row it saw, RFC 3339
  std::string run_id;
  std::string artifact_path;
  table::Table reference;                  // recent raw rows, what drift is measured against
  Json drift_thresholds = Json::object();  // by column; see drift_thresholds.h
};
Status write_model_folder(const std::filesystem::path& folder, const ModelParts& parts);

struct LoadedModel {
  xgboost::Forest forest;
  Json features;  // features.json
};
// `features_json` must hold `feature_names`, equal to the model's own.
StatusOr<LoadedModel> load_model(std::string_view model_ubj, std::string_view features_json);
StatusOr<LoadedModel> load_model_folder(const std::filesystem::path& folder);
// Predictions for each row of the feature table.
StatusOr<std::vector<double>> predict(const LoadedModel& model, const table::Table& rows);

}  // namespace treadle::components
