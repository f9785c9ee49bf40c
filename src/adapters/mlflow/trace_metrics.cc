// Aggregates over traces: POST traces/metrics.
#include <array>
#include <charconv>

#include "adapters/mlflow/protocol.h"
#include "adapters/mlflow/traces.h"
#include "base/strings.h"
#include "base/time.h"

namespace treadle::mlflow {
namespace {

constexpr std::array<std::string_view, 4> kViews = {"", "TRACES", "SPANS", "ASSESSMENTS"};
constexpr std::array<std::string_view, 7> kKinds = {"", "COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"};

// The place of a name of `names`, or of its number as protobuf has it; 0 is none.
template <std::size_t N>
std::size_t place_of(const Json& value, const std::array<std::string_view, N>& names) {
  for (std::size_t i = 1; i < N; ++i) {
    if (value.is_string() && value.get_ref<const std::string&>() == names.at(i)) return i;
    if (value.is_number_integer() && value.get<std::int64_t>() == static_cast<std::int64_t>(i)) return i;
  }
  return 0;
}

// "P95.0", as MLflow's clients look it up.
std::string percentile_name(double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  std::string name = str_cat("P", std::string_view(text.data(), static_cast<std::size_t>(end - text.data())));
  if (name.find('.') == std::string::npos) name += ".0";
  return name;
}

StatusOr<traces::Aggregation> read_aggregation(const Json& json) {
  if (!json.is_object()) return invalid_field("aggregations", "must be a list of objects");
  const auto kind = json.find("aggregation_type");
  const std::size_t place = kind == json.end() ? 0 : place_of(*kind, kKinds);
  if (place == 0) return invalid_field("aggregation_type", "must be COUNT, SUM, AVG, PERCENTILE, MIN or MAX");
  traces::Aggregation one{.kind = std::string(kKinds.at(place)), .name = std::string(kKinds.at(place))};
  const auto percentile = json.find("percentile_value");
  const bool given = percentile != json.end() && !percentile->is_null();
  if (one.kind != "PERCENTILE") {
    if (given) return invalid_field("percentile_value", "goes with PERCENTILE only, not with ", one.kind);
    return one;
  }
  if (!given || !percentile->is_number())
    return invalid_field("percentile_value", "must be a number between 0 and 100 for PERCENTILE");
  one.percentile = percentile->get<double>();
  one.name = percentile_name(one.percentile);
  return one;
}

StatusOr<traces::MetricQuery> read_query(const Json& arguments) {
  traces::MetricQuery query;
  ASSIGN_OR_RETURN(query.experiment_ids, read_strings(arguments, "experiment_ids"));
  const std::size_t view = place_of(arguments.value("view_type", Json()), kViews);
  if (view == 0) return invalid_field("view_type", "must be TRACES, SPANS or ASSESSMENTS");
  query.view = static_cast<traces::View>(view - 1);
  ASSIGN_OR_RETURN(query.metric, required_string(arguments, "metric_name"));
  ASSIGN_OR_RETURN(const Json* aggregations, optional_array(arguments, "aggregations"));
  if (aggregations == nullptr) return missing_parameter("aggregations");
  for (const Json& json : *aggregations) {
    ASSIGN_OR_RETURN(traces::Aggregation one, read_aggregation(json));
    query.aggregations.push_back(std::move(one));
  }
  ASSIGN_OR_RETURN(query.dimensions, read_strings(arguments, "dimensions"));
  ASSIGN_OR_RETURN(query.filters, read_strings(arguments, "filters"));
  ASSIGN_OR_RETURN(query.interval_seconds, read_number(arguments, "time_interval_seconds"));
  if (query.interval_seconds == 0) query.interval_seconds.reset();
  ASSIGN_OR_RETURN(query.from_ms, read_number(arguments, "start_time_ms"));
  ASSIGN_OR_RETURN(query.to_ms, read_number(arguments, "end_time_ms"));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, 1000, 10'000));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  return query;
}

Json point_form(const traces::MetricPoint& point, const std::string& metric) {
  Json dimensions = point.dimensions, values = Json::object();
  if (dimensions.is_null()) dimensions = Json::object();
  // In whole seconds, so the text is "2026-01-01T00:00:00" and Z.
  if (point.bucket_ms) {
    const std::string text = format_rfc3339(*point.bucket_ms);
    dimensions["time_bucket"] = str_cat(std::string_view(text).substr(0, text.size() - 1), "+00:00");
  }
  for (const auto& [name, value] : point.values) values[name] = value;
  return {{"metric_name", metric}, {"dimensions", std::move(dimensions)}, {"values", std::move(values)}};
}

}  // namespace

StatusOr<std::optional<std::int64_t>> read_number(const Json& arguments, std::string_view field) {
  const auto it = arguments.find(field);
  if (it == arguments.end() || it->is_null()) return std::optional<std::int64_t>();
  ASSIGN_OR_RETURN(const std::int64_t number, required_int(arguments, field));
  return std::optional(number);
}

StatusOr<Json> trace_metrics(traces::Service& service, const Json& arguments) {
  ASSIGN_OR_RETURN(const traces::MetricQuery query, read_query(arguments));
  ASSIGN_OR_RETURN(const traces::MetricPage page, service.metrics(query));
  Json answer = {{"data_points", Json::array()}};
  for (const auto& point : page.points) answer["data_points"].push_back(point_form(point, query.metric));
  if (page.more) answer["next_page_token"] = page_token(arguments, query.offset + query.limit);
  return answer;
}

}  // namespace treadle::mlflow
