// evaluate: the model's error on train and test beside the seasonal-naive forecasts of a day and of a week.
#include <algorithm>
#include <limits>

#include "domains/components/catalogue.h"
#include "domains/components/model_folder.h"
#include "domains/components/plots.h"
#include "domains/components/scores.h"

namespace treadle::components {
namespace {

std::vector<double> shifted(const std::vector<double>& values, std::size_t by) {
  std::vector<double> out(values.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = by; i < values.size(); ++i) out[i] = values[i - by];
  return out;
}

std::vector<double> tail(const std::vector<double>& values, std::size_t count) {
  return {values.end() - static_cast<std::ptrdiff_t>(count), values.end()};
}

Json as_metrics(const Json& values) {
  Json metrics = Json::array();
  for (const auto& [key, value] : values.items()) metrics.push_back({{"key", key}, {"value", value}});
  return metrics;
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::filesystem::path folder, step.input("model"));
  ASSIGN_OR_RETURN(const LoadedModel model, load_model_folder(folder));
  ASSIGN_OR_RETURN(const Json* const config_json, optional_object(model.features, "feature_config"));
  if (config_json == nullptr) return invalid_field("model", "its features.json holds no feature_config");
  ASSIGN_OR_RETURN(const FeatureConfig config, FeatureConfig::read(*config_json));
  ASSIGN_OR_RETURN(const table::Table train, step.read_table("train"));
  ASSIGN_OR_RETURN(const table::Table test, step.read_table("test"));
  ASSIGN_OR_RETURN(const std::vector<double> train_truth, train.as_doubles(config.target));
  ASSIGN_OR_RETURN(const std::vector<double> truth, test.as_doubles(config.target));
  ASSIGN_OR_RETURN(const std::vector<double> train_forecast, predict(model, train));
  ASSIGN_OR_RETURN(const std::vector<double> forecast, predict(model, test));

  std::vector<double> all = train_truth;
  all.insert(all.end(), truth.begin(), truth.end());
  const auto day = static_cast<std::size_t>(config.steps_per_day());
  Json metrics = Json::object();
  // The rows that train-xgboost fits: those before have no past for their features.
  const std::size_t fitted =
      train_truth.size() - std::min(train_truth.size(), static_cast<std::size_t>(config.look_back()));
  ASSIGN_OR_RETURN(const Scores on_train, score(tail(train_truth, fitted), tail(train_forecast, fitted)));
  ASSIGN_OR_RETURN(const Scores on_test, score(truth, forecast));
  ASSIGN_OR_RETURN(const Scores by_day, score(truth, tail(shifted(all, day), truth.size())));
  ASSIGN_OR_RETURN(const Scores by_week, score(truth, tail(shifted(all, 7 * day), truth.size())));
  on_train.put(metrics, "train_");
  on_test.put(metrics, "test_");
  by_day.put(metrics, "naive_day_");
  by_week.put(metrics, "naive_week_");
  ASSIGN_OR_RETURN(metrics["train_mase"], mase(on_train.mae, train_truth, day));
  ASSIGN_OR_RETURN(metrics["test_mase"], mase(on_test.mae, train_truth, day));
  metrics["test_points"] = on_test.count;

  for (const auto& [key, value] : metrics.items()) step.set_metadata("metrics", key, value);
  RETURN_IF_ERROR(step.write_text("metrics", metrics.dump(2)));
  RETURN_IF_ERROR(step.set_parameter("scores", metrics));
  EvaluationPlots plots{
      .title = str_cat(config.target, ": model on its test days"), .truth = truth, .forecast = forecast};
  ASSIGN_OR_RETURN(const Json metadata, step.input_metadata("model"));
  ASSIGN_OR_RETURN(const Json* const gains, optional_object(metadata, "importance"));
  if (gains != nullptr) {
    for (const auto& [name, gain] : gains->items()) {
      if (gain.is_number()) plots.importances.emplace_back(name, gain.get<double>());
    }
    std::sort(plots.importances.begin(), plots.importances.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
  }
  const std::string page = render(plots);
  RETURN_IF_ERROR(step.write_text("plots", page));
  RETURN_IF_ERROR(server.upload("plots/evaluation.html", page));
  return server.log({{"metrics", as_metrics(metrics)}});
}

}  // namespace

Component evaluate() {
  return {.name = "evaluate",
          .description = "MAE, RMSE, MSE, MAPE and MASE on train and test, against the seasonal-naive forecasts",
          .inputs = {{"model", "system.Model", "a model folder of train-xgboost"},
                     {"train", "system.Dataset", "rows it was trained on"},
                     {"test", "system.Dataset", "the rows that follow them"}},
          .outputs = {{"metrics", "system.Metrics", "all numbers"},
                      {"scores", "STRUCT", "the same as a parameter"},
                      {"plots", "system.HTML", "forecast against truth, errors, importance"}},
          .run = run};
}

}  // namespace treadle::components
