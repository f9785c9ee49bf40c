#include "app/commands/format.h"
#include "app/demo/forecast.h"

namespace treadle::app::demo {
namespace {

Json to_json(const Accuracy& accuracy) {
  return {{"mae", accuracy.mae}, {"rmse", accuracy.rmse}, {"mape", accuracy.mape}, {"count", accuracy.count}};
}

std::int64_t mebibytes(std::int64_t bytes) { return (bytes + (1 << 20) - 1) >> 20; }

std::vector<std::string> row(std::string name, const Accuracy& accuracy) {
  const Json values = to_json(accuracy);
  return {std::move(name), number_of(values, "mae", 4), number_of(values, "rmse", 4), number_of(values, "mape", 2)};
}

}  // namespace

Json to_json(const Result& result, const std::string& url) {
  Json stages = Json::array();
  for (const Stage& stage : result.stages) stages.push_back({{"name", stage.name}, {"seconds", stage.seconds}});
  return {{"model", to_json(result.model)},
          {"naive_day", to_json(result.naive_day)},
          {"naive_week", to_json(result.naive_week)},
          {"alerts", result.alerts},
          {"retrains", result.retrains},
          {"promoted", result.promoted},
          {"prediction_id", result.prediction_id},
          {"stages", stages},
          {"memory",
           {{"at_most_bytes", result.memory.at_most()},
            {"server_bytes", result.memory.server_bytes},
            {"step_bytes", result.memory.step_bytes},
            {"steps_at_once", result.memory.steps_at_once}}},
          {"url", url}};
}

void print_result(const Result& result, Io& io) {
  io.say(str_cat("\nA day ahead, every half hour, ", result.model.count / kSlotsPerDay, " days:\n"));
  io.table({"forecast", "MAE GW", "RMSE GW", "MAPE %"},
           {row("Treadle", result.model), row("same time yesterday", result.naive_day),
            row("same time last week", result.naive_week)},
           "");
  io.say(str_cat("\nAlerts ", result.alerts, ", retrains ", result.retrains, ", promoted ", result.promoted, ".\n"));
  std::vector<std::vector<std::string>> stages;
  stages.reserve(result.stages.size());
  for (const Stage& stage : result.stages) stages.push_back({stage.name, duration_text(stage.seconds)});
  if (!stages.empty()) io.table({"stage", "time"}, stages, "");
  const Memory& memory = result.memory;
  io.say(str_cat("\nMemory: at most ", mebibytes(memory.at_most()), " MiB (the server ", mebibytes(memory.server_bytes),
                 ", ", memory.steps_at_once, " steps at a time of at most ", mebibytes(memory.step_bytes), " each)."));
}

}  // namespace treadle::app::demo
