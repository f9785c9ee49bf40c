#include "app/raw_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "base/time.h"
#include "domains/components/feature_sources.h"
#include "storage/table/table.h"

namespace treadle::app {
namespace {

using components::FeatureConfig;

const pipelines::Task* find_step(const std::vector<pipelines::Task>& tasks, std::string_view component) {
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const pipelines::Task& task) {
    return task.component.find(component) != std::string::npos && pipelines::succeeded(task.state);
  });
  return found == tasks.end() ? nullptr : &*found;
}

// A pipeline of somebody else's may have a step of the same name with outputs of any kind.
Json object_at(const Json& object, std::string_view name) {
  const auto found = optional_object(object, name);
  return found.ok() && *found != nullptr ? **found : Json(Json::object());
}

// What the features were made by: the `config` of the first step that was given one.
std::optional<FeatureConfig> find_config(const std::vector<pipelines::Task>& tasks) {
  for (const pipelines::Task& task : tasks) {
    const Json parameters = object_at(task.inputs, "parameters");
    const auto config = parameters.find("config");
    if (config == parameters.end()) continue;
    auto read = FeatureConfig::read(*config);
    if (read.ok()) return std::move(*read);
  }
  return std::nullopt;
}

// More rows than anybody reads, and too many to put into one answer.
constexpr std::int64_t kMaxWindows = 20'000;

// How many values the features that look at windows read.
std::int64_t values_in_windows(const FeatureConfig& config) {
  std::int64_t sum = 0;
  for (const auto& [lag, window] : config.target_means) sum += window;
  for (const auto& [name, windows] : config.input_means) sum = std::accumulate(windows.begin(), windows.end(), sum);
  return std::accumulate(config.same_slot_days.begin(), config.same_slot_days.end(), sum);
}

// Steps back -> column -> the features that use it.
using Uses = std::map<std::int64_t, std::map<std::string, std::vector<std::string>>, std::greater<>>;

Uses uses_of(const FeatureConfig& config) {
  Uses uses;
  for (const auto& source : components::feature_sources(config)) {
    for (const auto& value : source.values) uses[value.steps][value.column].push_back(source.feature);
  }
  return uses;
}

Json cell(const table::Column& column, std::size_t row) {
  switch (column.type) {
    case table::ColumnType::kDouble:
      return std::isfinite(column.doubles[row]) ? Json(column.doubles[row]) : Json();
    case table::ColumnType::kInteger:
      return column.integers[row] == table::kMissing ? Json() : Json(column.integers[row]);
    case table::ColumnType::kTime:
      return column.integers[row] == table::kMissing ? Json() : Json(format_rfc3339(column.integers[row]));
    case table::ColumnType::kText:
      break;
  }
  return column.texts[row];
}

Json describe_row(const table::Table& table, std::size_t row, const FeatureConfig& config,
                  const std::map<std::string, std::vector<std::string>>& columns) {
  Json out = Json::object();
  std::set<std::string> features;
  for (const table::Column& column : table.columns()) {
    const auto used = columns.find(column.name);
    const bool shown = used != columns.end() || column.name == config.time;
    out[column.name] = shown ? cell(column, row) : Json();
    if (used != columns.end()) features.insert(used->second.begin(), used->second.end());
  }
  out["features"] = features;
  return out;
}

StatusOr<Json> pick_rows(const table::Table& table, const FeatureConfig& config, std::int64_t event_ms,
                         const Json& first_line) {
  ASSIGN_OR_RETURN(const table::Column* const time, table.column(config.time));
  Json rows = Json::array();
  for (const auto& [steps, columns] : uses_of(config)) {
    const auto& times = time->integers;
    const auto at = std::lower_bound(times.begin(), times.end(), event_ms - steps * config.step_ms);
    if (at == times.end() || *at != event_ms - steps * config.step_ms) continue;
    const auto row = static_cast<std::size_t>(at - times.begin());
    Json described = describe_row(table, row, config, columns);
    described["line"] =
        first_line.is_number() ? Json(first_line.get<std::int64_t>() + static_cast<std::int64_t>(row)) : Json();
    rows.push_back(std::move(described));
  }
  return rows;
}

}  // namespace

StatusOr<RawRows> find_raw_rows(const std::vector<pipelines::Task>& tasks,
                                const monitoring::LoggedPrediction& prediction) {
  RawRows out;
  const pipelines::Task* const import = find_step(tasks, "import-data");
  if (import == nullptr) return out;
  const Json dataset = object_at(object_at(import->outputs, "artifacts"), "dataset");
  const Json metadata = object_at(dataset, "metadata");
  const std::string path = optional_string(dataset, "uri").value_or("");
  if (path.empty()) return out;
  out.source = {{"path", metadata.value("source", Json())},
                {"sha256", metadata.value("source_sha256", Json())},
                {"dataset", path},
                {"dataset_sha256", dataset.value("sha256", Json())}};
  const std::optional<FeatureConfig> config = find_config(tasks);
  if (!config || !prediction.event_ms) {
    out.source["missing"] = config ? "the prediction has no time" : "no step of the run was given a feature config";
    return out;
  }
  if (values_in_windows(*config) > kMaxWindows) {
    out.source["missing"] = str_cat("the features' windows hold more than ", kMaxWindows, " values");
    return out;
  }
  const auto table = table::read_table(path, table::Format::kParquet);
  if (table.status().code() == StatusCode::kNotFound) {
    out.source["missing"] = "the imported rows were deleted";
    return out;
  }
  RETURN_IF_ERROR(table.status());
  ASSIGN_OR_RETURN(out.rows, pick_rows(*table, *config, *prediction.event_ms, metadata.value("source_line", Json())));
  return out;
}

}  // namespace treadle::app
