// gate: may the challenger go on? Against the deployed champion on the same backtest rows, each with its own model;
// without a champion, against the better naive forecast.
#include <algorithm>
#include <optional>

#include "base/time.h"
#include "domains/components/catalogue.h"
#include "domains/components/features.h"
#include "domains/components/model_folder.h"
#include "domains/components/scores.h"

namespace treadle::components {
namespace {

struct Champion {
  LoadedModel model;
  std::int64_t version;
};

StatusOr<std::optional<Champion>> deployed(Server& server, const std::string& deployment) {
  const StatusOr<Json> shown = server.get(str_cat("/api/v1/deployments/", encode_segment(deployment)));
  if (shown.status().code() == StatusCode::kNotFound) return std::optional<Champion>();
  RETURN_IF_ERROR(shown.status());
  ASSIGN_OR_RETURN(const std::string name, required_string(*shown, "model"));
  ASSIGN_OR_RETURN(const std::int64_t version, required_int(*shown, "version"));
  if (version == 0) return std::optional<Champion>();
  ASSIGN_OR_RETURN(const std::string bytes, server.model_file(name, version, "model.ubj"));
  ASSIGN_OR_RETURN(const std::string features, server.model_file(name, version, "features.json"));
  ASSIGN_OR_RETURN(LoadedModel model, load_model(bytes, features));
  return std::optional<Champion>(Champion{std::move(model), version});
}

// Rows that the champion was not trained on; all of them when less than a day is left.
StatusOr<table::Table> unseen_rows(const table::Table& test, const Champion& champion, const FeatureConfig& config,
                                   bool* champion_saw_them) {
  ASSIGN_OR_RETURN(const std::string until_text, optional_string(champion.model.features, "trained_until"));
  ASSIGN_OR_RETURN(const table::Column* const time, test.column(config.time));
  *champion_saw_them = false;
  const StatusOr<std::int64_t> until = parse_time(until_text);
  if (!until.ok()) return test;
  const auto at = std::upper_bound(time->integers.begin(), time->integers.end(), *until);
  const auto first = static_cast<std::size_t>(at - time->integers.begin());
  if (test.rows() - first < static_cast<std::size_t>(config.steps_per_day())) {
    *champion_saw_them = true;
    return test;
  }
  return test.slice(first, test.rows() - first);
}

// The test rows with the features of this model. The challenger's are there; a champion of another configuration gets
// its own, made from the raw columns with the history before them.
StatusOr<table::Table> rows_for(const LoadedModel& model, const table::Table& test, const Step& step) {
  const auto& names = model.forest.feature_names();
  if (std::all_of(names.begin(), names.end(), [&](const auto& name) { return test.find(name) != nullptr; }))
    return test;
  ASSIGN_OR_RETURN(const Json* const config_json, optional_object(model.features, "feature_config"));
  if (config_json == nullptr) return invalid("the champion's features.json holds no feature_config");
  ASSIGN_OR_RETURN(const FeatureConfig config, FeatureConfig::read(*config_json));
  if (!step.has_input("history")) {
    return invalid_field("history", "is needed: the champion has other features than the challenger");
  }
  ASSIGN_OR_RETURN(const table::Table history, step.read_table("history"));
  std::vector<std::string> raw = config.inputs;
  raw.push_back(config.time);
  raw.push_back(config.target);
  table::Table rows, newest;
  for (const std::string& name : raw) {
    ASSIGN_OR_RETURN(const table::Column* const before, history.column(name));
    ASSIGN_OR_RETURN(const table::Column* const now, test.column(name));
    rows.columns().push_back(*before);
    newest.columns().push_back(*now);
  }
  RETURN_IF_ERROR(rows.append(newest));
  RETURN_IF_ERROR(add_calendar(rows, config));
  RETURN_IF_ERROR(add_lags(rows, config));
  return rows.slice(history.rows(), test.rows());
}

StatusOr<double> mae_on(const LoadedModel& model, const table::Table& rows, const FeatureConfig& config) {
  ASSIGN_OR_RETURN(const std::vector<double> truth, rows.as_doubles(config.target));
  ASSIGN_OR_RETURN(const std::vector<double> forecast, predict(model, rows));
  ASSIGN_OR_RETURN(const Scores scores, score(truth, forecast));
  return scores.mae;
}

Status decide(const Step& step, Server& server, const LoadedModel& challenger, Json& report) {
  ASSIGN_OR_RETURN(const Json* const config_json, optional_object(challenger.features, "feature_config"));
  if (config_json == nullptr) return invalid_field("model", "its features.json holds no feature_config");
  ASSIGN_OR_RETURN(const FeatureConfig config, FeatureConfig::read(*config_json));
  ASSIGN_OR_RETURN(const double tolerance, step.number("tolerance", 1.0));
  if (!(tolerance > 0)) return invalid_field("tolerance", "must be above 0, got ", tolerance);
  ASSIGN_OR_RETURN(const std::string deployment, step.text("deployment"));
  ASSIGN_OR_RETURN(const table::Table test, step.read_table("test"));
  ASSIGN_OR_RETURN(const Json scores, step.object("scores"));
  ASSIGN_OR_RETURN(const std::optional<Champion> champion, deployed(server, deployment));
  if (!champion) {
    ASSIGN_OR_RETURN(const double mae, required_double(scores, "test_mae"));
    ASSIGN_OR_RETURN(const double day, required_double(scores, "naive_day_mae"));
    ASSIGN_OR_RETURN(const double week, required_double(scores, "naive_week_mae"));
    const double naive = std::min(day, week);
    report["approved"] = mae < naive;
    report["challenger_mae"] = mae;
    report["naive_mae"] = naive;
    report["reason"] = str_cat("no champion is deployed; the challenger's MAE of ", mae,
                               mae < naive ? " is below" : " is not below", " the better naive forecast's ", naive);
    return {};
  }
  bool champion_saw_them = false;
  ASSIGN_OR_RETURN(const table::Table rows, unseen_rows(test, *champion, config, &champion_saw_them));
  ASSIGN_OR_RETURN(const double ours, mae_on(challenger, rows, config));
  ASSIGN_OR_RETURN(const table::Table all_theirs, rows_for(champion->model, test, step));
  const table::Table their_rows = all_theirs.slice(test.rows() - rows.rows(), rows.rows());
  ASSIGN_OR_RETURN(const double theirs, mae_on(champion->model, their_rows, config));
  const bool approved = ours <= theirs * tolerance;
  report["approved"] = approved;
  report["challenger_mae"] = ours;
  report["champion_mae"] = theirs;
  report["champion_version"] = champion->version;
  report["backtest_rows"] = rows.rows();
  report["champion_trained_on_backtest"] = champion_saw_them;
  report["tolerance"] = tolerance;
  report["reason"] =
      str_cat("on ", rows.rows(), " backtest rows the challenger's MAE is ", ours, ", the champion's (version ",
              champion->version, ") ", theirs, approved ? "" : ": the champion stays");
  return {};
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::filesystem::path folder, step.input("model"));
  ASSIGN_OR_RETURN(const LoadedModel challenger, load_model_folder(folder));
  Json report = Json::object();
  RETURN_IF_ERROR(decide(step, server, challenger, report));
  RETURN_IF_ERROR(step.write_text("report", report.dump(2)));
  RETURN_IF_ERROR(server.upload("gate.json", report.dump(2)));
  Json metrics = Json::array();
  for (const char* key : {"challenger_mae", "champion_mae"}) {
    if (report.contains(key)) metrics.push_back({{"key", str_cat("gate_", key)}, {"value", report[key]}});
  }
  const bool approved = report["approved"].get<bool>();
  // What the deployment served is an input that no file holds: whoever runs this again meets another.
  ASSIGN_OR_RETURN(const std::string deployment, step.text("deployment"));
  const std::string champion =
      report.contains("champion_version") ? str_cat("version ", report["champion_version"].dump()) : "none";
  Json tags = {{"treadle.gate", approved ? "approved" : "refused"},
               {"treadle.gate.reason", report["reason"]},
               {"treadle.outcome", approved ? "approved" : "refused"}};
  tags[str_cat("treadle.champion.", deployment)] = champion;
  RETURN_IF_ERROR(server.log({{"metrics", metrics}, {"tags", tags}}));
  RETURN_IF_ERROR(step.set_parameter("reason", report["reason"]));
  return step.set_parameter("approved", approved);
}

}  // namespace

Component gate() {
  return {.name = "gate",
          .description = "Approve the challenger when it is not worse than the deployed champion on the same rows",
          .inputs = {{"model", "system.Model", "the challenger"},
                     {"test", "system.Dataset", "backtest rows with features"},
                     {"history", "system.Dataset", "the rows before them, for a champion of other features", false},
                     {"scores", "STRUCT", "what evaluate found"},
                     {"deployment", "STRING", "whose model is the champion"},
                     {"tolerance", "DOUBLE", "challenger's MAE may be this times the champion's (1.0)", false}},
          .outputs = {{"approved", "BOOLEAN", "whether it may go on"},
                      {"reason", "STRING", "why"},
                      {"report", "system.Artifact", "the numbers, as JSON"}},
          .run = run};
}

}  // namespace treadle::components
