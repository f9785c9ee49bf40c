#include "domains/monitoring/batch_line.h"

#include <cmath>
#include <limits>

#include "base/json.h"

namespace treadle::monitoring {
namespace {

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// Written by hand: most of a line is numbers, and this is on the path of every prediction.
void append_number(std::string& out, float value) {
  if (std::isfinite(value)) {
    char buffer[32];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  } else {
    out += "null";
  }
}

double number_of(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::optional<std::int64_t> integer_of(const Json& value) {
  return value.is_number() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

LoggedPrediction decode_row(const Json& batch, const Json& row) {
  LoggedPrediction prediction;
  prediction.deployment = batch.at("deployment").get<std::string>();
  prediction.model = batch.at("model").get<std::string>();
  prediction.model_version = batch.at("version").get<std::int64_t>();
  prediction.time_ms = batch.at("time_ms").get<std::int64_t>();
  prediction.origin_ms = integer_of(batch.at("origin_ms"));
  prediction.run_id = batch.at("run_id").get<std::string>();
  prediction.id = row.at(0).get<std::string>();
  prediction.key = row.at(1).get<std::string>();
  prediction.event_ms = integer_of(row.at(2));
  prediction.value = number_of(row.at(3));
  const Json& names = batch.at("features");
  for (std::size_t i = 0; i < names.size(); ++i) {
    prediction.features.emplace_back(names[i].get<std::string>(), number_of(row.at(4).at(i)));
  }
  return prediction;
}

}  // namespace

std::string encode_line(const serving::PredictionBatch& batch) {
  Json head = {{"deployment", batch.deployment}, {"model", batch.model}, {"version", batch.model_version},
               {"time_ms", batch.time_ms},       {"origin_ms", nullptr}, {"run_id", batch.run_id},
               {"features", batch.feature_names}};
  if (batch.origin_ms) head["origin_ms"] = *batch.origin_ms;
  std::string line = to_text(head);
  line.back() = ',';
  line += R"("rows":[)";
  const std::size_t columns = batch.feature_names.size();
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const serving::PredictionRow& row = batch.rows[i];
    Json event = nullptr;
    if (row.event_ms) event = *row.event_ms;
    std::string text = to_text(Json::array({row.id, row.key, event, number_or_null(row.value)}));
    text.back() = ',';
    if (i > 0) line += ',';
    line += text;
    line += '[';
    for (std::size_t column = 0; column < columns; ++column) {
      if (column > 0) line += ',';
      append_number(line, batch.features[i * columns + column]);
    }
    line += "]]";
  }
  line += "]}\n";
  return line;
}

StatusOr<std::vector<LoggedPrediction>> decode_line(std::string_view line) {
  const auto parsed = parse_json(line);
  if (!parsed.ok()) return Status(StatusCode::kDataLoss, str_cat("the prediction log: ", parsed.status().message()));
  std::vector<LoggedPrediction> rows;
  try {
    for (const Json& row : parsed->at("rows")) rows.push_back(decode_row(*parsed, row));
  } catch (const Json::exception& error) {
    return Status(StatusCode::kDataLoss, str_cat("the prediction log: ", error.what()));
  }
  return rows;
}

}  // namespace treadle::monitoring
