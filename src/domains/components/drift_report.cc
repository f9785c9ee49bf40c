// drift-report: have the newest days moved away from what the model was trained on, and are they whole? Posted to the
// deployment's monitors.
#include <algorithm>
#include <optional>

#include "base/time.h"
#include "domains/components/catalogue.h"
#include "domains/components/profile.h"
#include "domains/monitoring/drift/drift.h"

namespace treadle::components {
namespace {

// The threshold for a column; nullopt is the method's own.
StatusOr<std::optional<double>> threshold_of(const Json& thresholds, const std::string& column) {
  const auto found = thresholds.find(column);
  if (found == thresholds.end()) return std::optional<double>();
  if (!found->is_number() || !(found->get<double>() > 0)) {
    return invalid_field("thresholds", column, " must be a number above 0, got ", to_text(*found));
  }
  return std::optional(found->get<double>());
}

StatusOr<Json> drift_of(const table::Table& current, const table::Table& reference, const Json& thresholds) {
  Json features = Json::object();
  std::vector<monitoring::Drift> all;
  for (const table::Column& column : reference.columns()) {
    if (column.type == table::ColumnType::kTime || column.type == table::ColumnType::kText) continue;
    ASSIGN_OR_RETURN(const std::vector<double> before, reference.as_doubles(column.name));
    ASSIGN_OR_RETURN(const std::vector<double> now, current.as_doubles(column.name));
    ASSIGN_OR_RETURN(const std::optional<double> threshold, threshold_of(thresholds, column.name));
    const auto drift = monitoring::compare(before, now, {}, threshold);
    if (!drift.ok()) return with_context(drift.status(), column.name);
    all.push_back(*drift);
    features[column.name] = {{"method", drift->method},
                             {"score", drift->score},
                             {"threshold", drift->threshold},
                             {"drifted", drift->drifted}};
  }
  return Json{{"features", features}, {"share", monitoring::drift_share(all)}};
}

// Rows of the `days` before the origin.
table::Table newest(const table::Table& rows, const std::vector<std::int64_t>& times, std::int64_t origin,
                    std::int64_t days) {
  const auto first = std::lower_bound(times.begin(), times.end(), origin - days * kDayMs);
  const auto last = std::lower_bound(first, times.end(), origin);
  return rows.slice(static_cast<std::size_t>(first - times.begin()), static_cast<std::size_t>(last - first));
}

Json quality_of(const table::Table& rows, const std::string& time_name) {
  const Json described = profile(rows);
  const table::Column* const time = rows.find(time_name);
  std::size_t gaps = 0;
  for (std::size_t i = 2; i < time->integers.size(); ++i) {
    gaps += time->integers[i] - time->integers[i - 1] != time->integers[1] - time->integers[0] ? 1U : 0U;
  }
  Json missing = Json::object();
  for (const auto& [name, column] : described["columns"].items()) missing[name] = column["missing"];
  return {{"rows", rows.rows()}, {"gaps", gaps}, {"missing", missing}, {"columns", described["columns"]}};
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::string deployment, step.text("deployment"));
  ASSIGN_OR_RETURN(const std::string origin_text, step.text("origin"));
  const StatusOr<std::int64_t> origin = parse_time(origin_text);
  if (!origin.ok()) return invalid_field("origin", origin.status().message());
  ASSIGN_OR_RETURN(const std::string time_name, step.text("time", "timestamp"));
  ASSIGN_OR_RETURN(const std::int64_t days, step.integer("window_days", 7));
  if (days < 1 || days > 3650) return invalid_field("window_days", "must be between 1 and 3650, got ", days);
  ASSIGN_OR_RETURN(const Json thresholds, step.object("thresholds"));
  ASSIGN_OR_RETURN(const table::Table rows, step.read_table("dataset"));
  ASSIGN_OR_RETURN(const table::Table reference, step.read_table("reference"));
  ASSIGN_OR_RETURN(const table::Column* const time, rows.column(time_name));
  if (time->type != table::ColumnType::kTime) return invalid_field("time", "column '", time_name, "' holds no times");
  const table::Table current = newest(rows, time->integers, *origin, days);
  if (current.rows() == 0) return invalid("no row lies in the ", days, " days before ", origin_text);
  ASSIGN_OR_RETURN(const Json drift, drift_of(current, reference, thresholds));
  const Json quality = quality_of(current, time_name);
  const std::string target = str_cat("/api/v1/deployments/", encode_segment(deployment), "/reports");
  const std::int64_t day = *origin - (*origin % kDayMs + kDayMs) % kDayMs;
  const auto post = [&](const char* kind, const Json& report) {
    return server
        .send(net::Method::kPost, target,
              {{"kind", kind}, {"day_ms", day}, {"run_id", server.run_id()}, {"report", report}})
        .status();
  };
  RETURN_IF_ERROR(post("quality", quality));
  RETURN_IF_ERROR(post("drift", drift));
  RETURN_IF_ERROR(step.write_text("report", Json{{"drift", drift}, {"quality", quality}}.dump(2)));
  RETURN_IF_ERROR(server.log({{"metrics", {{{"key", "drift_share"}, {"value", drift["share"]}}}}}));
  return step.set_parameter("share", drift["share"]);
}

}  // namespace

Component drift_report() {
  return {.name = "drift-report",
          .description = "Compare the newest days with what the model was trained on; report drift and data quality",
          .inputs = {{"dataset", "system.Dataset", "rows up to the origin"},
                     {"reference", "system.Dataset", "of resolve-model"},
                     {"deployment", "STRING", "whose monitors get the reports"},
                     {"origin", "STRING", "the day, ISO"},
                     {"thresholds", "STRUCT", "drifted from which score on, by column (the method's own)", false},
                     {"time", "STRING", "the time column (timestamp)", false},
                     {"window_days", "INTEGER", "days before the origin that are compared (7)", false}},
          .outputs = {{"report", "system.Artifact", "both reports, as JSON"},
                      {"share", "DOUBLE", "share of drifted columns"}},
          .run = run};
}

}  // namespace treadle::components
