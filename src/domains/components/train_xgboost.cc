// train-xgboost: fits the trees, logs the metrics of every round, writes and uploads the model folder.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "base/time.h"
#include "domains/components/catalogue.h"
#include "domains/components/drift_thresholds.h"
#include "domains/components/environment.h"
#include "domains/components/features.h"
#include "domains/components/model_folder.h"
#include "runtimes/xgboost/trainer.h"

namespace treadle::components {
namespace {

namespace fs = std::filesystem;

// Rows whose target is known and whose look-back lies in the table.
struct Examples {
  std::vector<float> values;
  std::vector<float> labels;
};

StatusOr<Examples> examples(const table::Table& rows, const FeatureConfig& config,
                            const std::vector<std::string>& names, bool skip_look_back) {
  ASSIGN_OR_RETURN(const std::vector<float> matrix, feature_matrix(rows, names));
  ASSIGN_OR_RETURN(const std::vector<double> target, rows.as_doubles(config.target));
  Examples out;
  const std::size_t first = skip_look_back ? static_cast<std::size_t>(config.look_back()) : 0;
  for (std::size_t i = first; i < target.size(); ++i) {
    if (!std::isfinite(target[i])) continue;
    for (std::size_t column = 0; column < names.size(); ++column) {
      if (std::isinf(matrix[i * names.size() + column])) {
        return invalid("row ", i, ": '", names[column], "' is infinite; a missing value is NaN");
      }
    }
    const auto row = matrix.begin() + static_cast<std::ptrdiff_t>(i * names.size());
    out.values.insert(out.values.end(), row, row + static_cast<std::ptrdiff_t>(names.size()));
    out.labels.push_back(static_cast<float>(target[i]));
  }
  if (out.labels.empty()) return invalid("no row has both a target and ", config.look_back(), " steps of history");
  return out;
}

StatusOr<xgboost::TrainOptions> read_options(const Step& step) {
  xgboost::TrainOptions options;
  ASSIGN_OR_RETURN(const Json params, step.object("params"));
  for (const auto& [name, value] : params.items()) {
    if (value.is_structured() || value.is_null()) {
      return invalid_field("params", name, " must be a text, a number or a boolean, got ", to_text(value));
    }
    // KFP makes every number of a STRUCT a double; str_cat writes 5.0 as XGBoost wants it, 5.
    options.params[name] = value.is_string()   ? value.get<std::string>()
                           : value.is_number() ? str_cat(value.get<double>())
                                               : to_text(value);
  }
  ASSIGN_OR_RETURN(const std::int64_t rounds, step.integer("rounds", 300));
  if (rounds < 1 || rounds > 100'000) return invalid_field("rounds", "must be between 1 and 100000, got ", rounds);
  options.rounds = static_cast<int>(rounds);
  const char* const threads = std::getenv("OMP_NUM_THREADS");
  const auto given = parse_int(threads == nullptr ? "" : threads);
  const int cores = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
  options.threads = given && *given > 0 && *given <= 64 ? static_cast<int>(*given) : cores;
  return options;
}

Json param_values(const xgboost::TrainOptions& options, const Json& config) {
  Json params = {{"rounds", options.rounds}, {"threads", options.threads}, {"feature_config", to_text(config)}};
  for (const auto& [name, value] : options.params) params[name] = value;
  return params;
}

// The raw columns of the newest `days` days.
table::Table reference_rows(const table::Table& rows, const FeatureConfig& config, std::int64_t days) {
  const auto count = std::min(rows.rows(), static_cast<std::size_t>(days * config.steps_per_day()));
  const table::Table newest = rows.slice(rows.rows() - count, count);
  table::Table out;
  for (const table::Column& column : newest.columns()) {
    const bool raw = column.name == config.time || column.name == config.target ||
                     std::find(config.inputs.begin(), config.inputs.end(), column.name) != config.inputs.end();
    if (raw) out.columns().push_back(column);
  }
  return out;
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const Json config_json, step.object("config"));
  ASSIGN_OR_RETURN(const FeatureConfig config, FeatureConfig::read(config_json));
  ASSIGN_OR_RETURN(const xgboost::TrainOptions options, read_options(step));
  ASSIGN_OR_RETURN(const std::string artifact_path, step.text("artifact_path", "model"));
  ASSIGN_OR_RETURN(const table::Table train_rows, step.read_table("train"));
  const std::vector<std::string> names = config.feature_names();
  ASSIGN_OR_RETURN(const Examples train, examples(train_rows, config, names, true));
  const xgboost::Rows train_view{train.values, train.labels, names};
  std::vector<std::pair<std::string, xgboost::Rows>> evaluations;
  Examples test;
  if (step.has_input("test")) {
    ASSIGN_OR_RETURN(const table::Table test_rows, step.read_table("test"));
    ASSIGN_OR_RETURN(test, examples(test_rows, config, names, false));
    evaluations.emplace_back("train", train_view);
    evaluations.emplace_back("test", xgboost::Rows{test.values, test.labels, names});
  }
  const Json environment = describe_environment(options.threads);
  RETURN_IF_ERROR(
      server.log({{"params", param_values(options, config_json)}, {"tags", environment_tags(environment)}}));
  RETURN_IF_ERROR(server.upload("environment.json", environment.dump(2)));

  const SystemClock clock;
  const std::int64_t began = clock.now_ms();
  Json metrics = Json::array();
  const auto on_round = [&](int round, const std::vector<std::pair<std::string, double>>& values) {
    for (const auto& [key, value] : values) {
      metrics.push_back({{"key", key}, {"value", value}, {"step", round}, {"time_ms", clock.now_ms()}});
    }
    if (metrics.size() < 200) return ok_status();
    Status logged = server.log({{"metrics", metrics}});
    metrics.clear();
    return logged;
  };
  ASSIGN_OR_RETURN(const xgboost::Trained trained, xgboost::train(train_view, evaluations, options, on_round));
  const double seconds = static_cast<double>(clock.now_ms() - began) / 1000.0;
  metrics.push_back(
      {{"key", artifact_path == "model" ? "fit_seconds" : artifact_path + "_fit_seconds"}, {"value", seconds}});
  RETURN_IF_ERROR(server.log({{"metrics", metrics}}));

  ASSIGN_OR_RETURN(const table::Column* const time, train_rows.column(config.time));
  ASSIGN_OR_RETURN(const std::int64_t reference_days, step.integer("reference_days", 28));
  if (reference_days < 1 || reference_days > 3650) return invalid_field("reference_days", "must be between 1 and 3650");
  ASSIGN_OR_RETURN(const fs::path folder, step.output("model"));
  RETURN_IF_ERROR(write_model_folder(
      folder, {.model = trained.model,
               .feature_names = names,
               .config = config_json,
               .trained_until = format_rfc3339(time->integers.back()),
               .run_id = server.run_id(),
               .artifact_path = artifact_path,
               .reference = reference_rows(train_rows, config, reference_days),
               .drift_thresholds = drift_thresholds(train_rows, config, {.reference_days = reference_days})}));
  RETURN_IF_ERROR(server.upload_folder(artifact_path, folder));
  step.set_metadata("model", "artifact_path", artifact_path);
  step.set_metadata("model", "framework", "xgboost");
  Json importances = Json::object();
  for (const auto& [name, gain] : trained.importances) importances[name] = gain;
  step.set_metadata("model", "importance", importances);
  return step.set_parameter("fit_seconds", seconds);
}

}  // namespace

Component train_xgboost() {
  return {.name = "train-xgboost",
          .description = "Train XGBoost, log every round, and write a model folder that MLflow loads",
          .inputs = {{"train", "system.Dataset", "rows with features"},
                     {"test", "system.Dataset", "rows to report the error on after each round", false},
                     {"config", "STRUCT", "the feature configuration"},
                     {"params", "STRUCT", "XGBoost's parameters", false},
                     {"rounds", "INTEGER", "boosting rounds (300)", false},
                     {"artifact_path", "STRING", "where the model lies among the run's artifacts (model)", false},
                     {"reference_days", "INTEGER", "newest days kept for drift reports (28)", false}},
          .outputs = {{"model", "system.Model", "the MLflow model folder"},
                      {"fit_seconds", "DOUBLE", "time of the boosting rounds", false}},
          .run = run};
}

}  // namespace treadle::components
