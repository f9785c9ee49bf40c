// batch-predict: the horizon's rows go through the live endpoint, which logs each prediction before it answers.
#include <algorithm>
#include <cmath>

#include "base/time.h"
#include "domains/components/catalogue.h"
#include "domains/components/feature_config.h"

namespace treadle::components {
namespace {

// "2014-11-01T00:30:00": zone-less, as the data's own time.
std::string row_key(std::int64_t ms) {
  std::string text = format_rfc3339(ms);
  text.pop_back();
  return text;
}

StatusOr<Json> request_rows(const table::Table& rows, const std::vector<std::int64_t>& times,
                            const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::int64_t time : times) {
    list.push_back({{"key", row_key(time)}, {"event_ms", time}, {"features", Json::object()}});
  }
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const std::vector<double> values, rows.as_doubles(name));
    for (std::size_t i = 0; i < values.size(); ++i) {
      list[i]["features"][name] = std::isfinite(values[i]) ? Json(values[i]) : Json();
    }
  }
  return list;
}

StatusOr<table::Table> answer_table(const Json& answer, const std::vector<std::int64_t>& times,
                                    const std::string& time_name) {
  ASSIGN_OR_RETURN(const Json* const predictions, optional_array(answer, "predictions"));
  if (predictions == nullptr || predictions->size() != times.size()) {
    return internal_error("the endpoint answered another number of predictions than rows");
  }
  table::Column time{.name = time_name, .type = table::ColumnType::kTime};
  time.integers = times;
  table::Column ids{.name = "prediction_id", .type = table::ColumnType::kText};
  std::vector<double> values;
  for (const Json& prediction : *predictions) {
    ASSIGN_OR_RETURN(const double value, required_double(prediction, "value"));
    ASSIGN_OR_RETURN(const std::string id, required_string(prediction, "id"));
    values.push_back(value);
    ids.texts.push_back(id);
  }
  table::Table out;
  RETURN_IF_ERROR(out.add(std::move(time)));
  RETURN_IF_ERROR(out.add(std::move(ids)));
  RETURN_IF_ERROR(out.add_doubles("prediction", std::move(values)));
  return out;
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::string deployment, step.text("deployment"));
  ASSIGN_OR_RETURN(const Json config_json, step.object("config"));
  ASSIGN_OR_RETURN(const FeatureConfig config, FeatureConfig::read(config_json));
  ASSIGN_OR_RETURN(const std::string origin_text, step.text("origin"));
  const StatusOr<std::int64_t> origin = parse_time(origin_text);
  if (!origin.ok()) return invalid_field("origin", origin.status().message());
  ASSIGN_OR_RETURN(const table::Table features, step.read_table("features"));
  ASSIGN_OR_RETURN(const table::Column* const time, features.column(config.time));
  const auto& all = time->integers;
  const auto first = std::lower_bound(all.begin(), all.end(), *origin);
  const auto last = std::lower_bound(first, all.end(), *origin + config.horizon * config.step_ms);
  if (first == last) return invalid("the features hold no row at or after the origin ", origin_text);
  const std::vector<std::int64_t> times(first, last);
  const table::Table rows = features.slice(static_cast<std::size_t>(first - all.begin()), times.size());
  ASSIGN_OR_RETURN(const Json list, request_rows(rows, times, config.feature_names()));
  ASSIGN_OR_RETURN(
      const Json answer,
      server.send(net::Method::kPost, str_cat("/api/v1/deployments/", encode_segment(deployment), ":predict"),
                  {{"rows", list}, {"origin_ms", *origin}, {"run_id", server.run_id()}}));
  ASSIGN_OR_RETURN(const table::Table out, answer_table(answer, times, config.time));
  RETURN_IF_ERROR(server.log(
      {{"params", {{"origin", origin_text}}}, {"metrics", {{{"key", "predictions"}, {"value", times.size()}}}}}));
  return step.write_table("predictions", out);
}

}  // namespace

Component batch_predict() {
  return {.name = "batch-predict",
          .description = "Forecast the horizon after the origin through the live endpoint",
          .inputs = {{"features", "system.Dataset", "rows with features"},
                     {"config", "STRUCT", "the feature configuration of the deployed model"},
                     {"deployment", "STRING", "the deployment"},
                     {"origin", "STRING", "the moment of the forecast, ISO"}},
          .outputs = {{"predictions", "system.Dataset", "time, prediction id and value"}},
          .run = run};
}

}  // namespace treadle::components
