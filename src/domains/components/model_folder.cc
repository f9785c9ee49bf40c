#include "domains/components/model_folder.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/time.h"
#include "domains/components/features.h"

namespace treadle::components {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMlflow = "3.17.2";
constexpr std::string_view kXgboost = "3.4.1";
constexpr std::string_view kPython = "3.11.2";

std::string yaml_quote(std::string_view text) { return str_cat("'", replace_all(text, "'", "''"), "'"); }

std::string mlmodel(const ModelParts& parts) {
  Json inputs = Json::array();
  for (const std::string& name : parts.feature_names) {
    inputs.push_back({{"type", "double"}, {"name", name}, {"required", true}});
  }
  const Json outputs = Json::array({{{"type", "float"}, {"required", true}}});
  std::string created = format_rfc3339(SystemClock().now_ms());
  created = replace_all(replace_all(created, "T", " "), "Z", "");
  std::string text;
  str_append(&text, "artifact_path: ", yaml_quote(parts.artifact_path), "\nflavors:\n");
  str_append(&text, "  python_function:\n    data: model.ubj\n    env:\n      conda: conda.yaml\n",
             "      virtualenv: python_env.yaml\n    loader_module: mlflow.xgboost\n    python_version: ", kPython,
             "\n");
  str_append(&text, "  xgboost:\n    code: null\n    data: model.ubj\n    model_class: xgboost.core.Booster\n",
             "    model_format: ubj\n    xgb_version: ", kXgboost, "\n");
  str_append(&text, "mlflow_version: ", kMlflow, "\nmodel_uuid: ", new_hex_id(), "\n");
  if (!parts.run_id.empty()) str_append(&text, "run_id: ", yaml_quote(parts.run_id), "\n");
  str_append(&text, "signature:\n  inputs: ", yaml_quote(to_text(inputs)),
             "\n  outputs: ", yaml_quote(to_text(outputs)), "\n  params: null\nutc_time_created: ", yaml_quote(created),
             "\n");
  return text;
}

constexpr std::string_view kRequirements = "mlflow==3.17.2\nnumpy\npandas\nxgboost==3.4.1\n";
constexpr std::string_view kPythonEnv =
    "python: 3.11.2\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n";
constexpr std::string_view kConda =
    "channels:\n- conda-forge\ndependencies:\n- python=3.11.2\n- pip\n- pip:\n  - mlflow==3.17.2\n  - numpy\n"
    "  - pandas\n  - xgboost==3.4.1\nname: mlflow-env\n";

}  // namespace

Status write_model_folder(const fs::path& folder, const ModelParts& parts) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return internal_error("cannot make ", folder.string(), ": ", error.message());
  const Json features = {{"feature_names", parts.feature_names},
                         {"feature_config", parts.config},
                         {"trained_until", parts.trained_until},
                         {"drift_thresholds", parts.drift_thresholds}};
  RETURN_IF_ERROR(write_file_atomic(folder / "model.ubj", parts.model));
  RETURN_IF_ERROR(write_file_atomic(folder / "features.json", features.dump(2)));
  RETURN_IF_ERROR(write_file_atomic(folder / "requirements.txt", kRequirements));
  RETURN_IF_ERROR(write_file_atomic(folder / "python_env.yaml", kPythonEnv));
  RETURN_IF_ERROR(write_file_atomic(folder / "conda.yaml", kConda));
  RETURN_IF_ERROR(table::write_table(parts.reference, folder / "reference.parquet"));
  return write_file_atomic(folder / "MLmodel", mlmodel(parts));
}

StatusOr<LoadedModel> load_model(std::string_view model_ubj, std::string_view features_json) {
  ASSIGN_OR_RETURN(xgboost::Forest forest, xgboost::Forest::parse(model_ubj));
  ASSIGN_OR_RETURN(Json features, parse_json_object(features_json));
  ASSIGN_OR_RETURN(const Json* const names, optional_array(features, "feature_names"));
  if (names == nullptr || *names != Json(forest.feature_names())) {
    return invalid("features.json and the model do not name the same features");
  }
  return LoadedModel{std::move(forest), std::move(features)};
}

StatusOr<LoadedModel> load_model_folder(const fs::path& folder) {
  ASSIGN_OR_RETURN(const std::string model, read_file(folder / "model.ubj"));
  ASSIGN_OR_RETURN(const std::string features, read_file(folder / "features.json"));
  return load_model(model, features);
}

StatusOr<std::vector<double>> predict(const LoadedModel& model, const table::Table& rows) {
  const auto& names = model.forest.feature_names();
  ASSIGN_OR_RETURN(const std::vector<float> matrix, feature_matrix(rows, names));
  std::vector<float> out(rows.rows());
  model.forest.predict(matrix.data(), out.size(), names.size(), out.data());
  return std::vector<double>(out.begin(), out.end());
}

}  // namespace treadle::components
