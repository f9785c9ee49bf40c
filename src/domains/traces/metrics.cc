// What can be asked, and whether a question is one of it. metrics_sql.cc asks the database.
#include "domains/traces/metrics.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "domains/traces/metrics_sql.h"
#include "domains/traces/service.h"

namespace treadle::traces {
namespace {

constexpr std::size_t kMostAggregations = 20, kMostFilters = 50;
constexpr std::int64_t kLongestInterval = 10'000'000'000;  // seconds

const std::set<std::string> kCounts = {"COUNT"};
const std::set<std::string> kValues = {"AVG", "MAX", "MIN", "PERCENTILE"};
const std::set<std::string> kSums = {"AVG", "MAX", "MIN", "PERCENTILE", "SUM"};

// "['AVG', 'MAX']"
template <typename Texts>
std::string listed(const Texts& texts) {
  std::string list;
  for (const auto& text : texts) str_append(&list, list.empty() ? "[" : ", ", "'", text, "'");
  return list.empty() ? "[]" : list + "]";
}

// Those of `given` that are not among `known`, once each.
std::set<std::string> unknown_of(const std::vector<std::string>& given, const std::set<std::string>& known) {
  std::set<std::string> unknown;
  for (const std::string& one : given) {
    if (!known.contains(one)) unknown.insert(one);
  }
  return unknown;
}

std::set<std::string> names_of(const std::vector<Dimension>& dimensions) {
  std::set<std::string> names;
  for (const Dimension& dimension : dimensions) names.emplace(dimension.name);
  return names;
}

Status check_aggregations(const MetricQuery& query, const Metric& metric) {
  if (query.aggregations.empty()) return invalid_field("aggregations", "must name at least one");
  if (query.aggregations.size() > kMostAggregations)
    return invalid_field("aggregations", "must be at most ", kMostAggregations);
  std::vector<std::string> kinds;
  for (const Aggregation& one : query.aggregations) {
    kinds.push_back(one.kind);
    if (one.kind == "PERCENTILE" && !(one.percentile >= 0 && one.percentile <= 100))
      return invalid_field("percentile_value", "must be between 0 and 100, got ", one.percentile);
  }
  const auto wrong = unknown_of(kinds, *metric.aggregations);
  if (wrong.empty()) return ok_status();
  return invalid("Found invalid aggregation_type(s): ", listed(wrong),
                 ". Supported aggregation types: ", listed(*metric.aggregations));
}

}  // namespace

const std::vector<Metric>& metrics_of(View view) {
  static const std::vector<Dimension> trace_name = {
      {"trace_name", "(SELECT g.value FROM trace_tags g WHERE g.trace_id = t.id AND g.key = 'mlflow.traceName')"}};
  static const std::vector<Dimension> name_and_status = {trace_name[0], {"trace_status", "t.state"}};
  static const std::vector<Dimension> none = {};
  static const auto tokens = [](std::string_view kind) {
    return Metric{kind,
                  str_cat("(SELECT n.value FROM trace_numbers n WHERE n.trace_id = t.id AND n.key = '", kind, "')"),
                  &kSums, &trace_name};
  };
  static const std::vector<Metric> traces = {
      {"trace_count", "1", &kCounts, &name_and_status},
      {"session_count",
       "(SELECT m.value FROM trace_metadata m WHERE m.trace_id = t.id AND m.key = 'mlflow.trace.session')", &kCounts,
       &none},
      {"latency", "t.duration_ms", &kValues, &trace_name},
      tokens("input_tokens"),
      tokens("output_tokens"),
      tokens("total_tokens"),
      tokens("cache_read_input_tokens"),
      tokens("cache_creation_input_tokens")};

  static const std::vector<Dimension> models = {{"span_model_name", "s.model"}, {"span_model_provider", "s.provider"}};
  static const std::vector<Dimension> span_state = {{"span_name", "s.name"}, {"span_status", "s.status"}};
  static const std::vector<Dimension> all_of_spans = {
      span_state[0], {"span_type", "s.type"}, span_state[1], models[0], models[1]};
  static const std::vector<Metric> spans = {{"span_count", "1", &kCounts, &all_of_spans},
                                            {"latency", "(s.end_ns - s.start_ns) / 1000000", &kValues, &span_state},
                                            {"input_cost", "s.input_cost", &kSums, &models},
                                            {"output_cost", "s.output_cost", &kSums, &models},
                                            {"total_cost", "s.total_cost", &kSums, &models}};

  static const std::vector<Dimension> said_name = {{"assessment_name", "a.name"}};
  static const std::vector<Dimension> said = {said_name[0], {"assessment_value", "a.value"}};
  // Truth values and "yes" and "no" count as numbers.
  static const std::vector<Metric> assessments = {
      {"assessment_count", "1", &kCounts, &said},
      {"assessment_value",
       "CASE WHEN a.number IS NOT NULL THEN a.number WHEN a.value = 'true' THEN 1 WHEN a.value = 'false' THEN 0"
       " WHEN a.value NOT LIKE '\"%' THEN NULL WHEN LOWER(TRIM(a.text)) = 'yes' THEN 1"
       " WHEN LOWER(TRIM(a.text)) = 'no' THEN 0 END",
       &kValues, &said_name}};
  return view == View::kTraces ? traces : view == View::kSpans ? spans : assessments;
}

const Metric* find_metric(View view, std::string_view name) {
  const auto& metrics = metrics_of(view);
  const auto it = std::find_if(metrics.begin(), metrics.end(), [&](const Metric& one) { return one.name == name; });
  return it == metrics.end() ? nullptr : &*it;
}

Status check_metric_query(const MetricQuery& query) {
  const Metric* metric = find_metric(query.view, query.metric);
  if (metric == nullptr) {
    std::vector<std::string_view> names;
    for (const Metric& one : metrics_of(query.view)) names.push_back(one.name);
    return invalid("metric_name must be one of ", listed(names), ", got '", query.metric, "'");
  }
  RETURN_IF_ERROR(check_aggregations(query, *metric));
  const auto known = names_of(*metric->dimensions);
  const auto wrong = unknown_of(query.dimensions, known);
  if (!wrong.empty())
    return invalid("Found invalid dimension(s): ", listed(wrong), ". Supported dimensions: ", listed(known));
  if (std::set<std::string>(query.dimensions.begin(), query.dimensions.end()).size() != query.dimensions.size())
    return invalid_field("dimensions", "must name each dimension once");
  if (query.filters.size() > kMostFilters) return invalid_field("filters", "must be at most ", kMostFilters);
  if (query.experiment_ids.empty()) return invalid_field("experiment_ids", "must name at least one experiment");
  if (query.experiment_ids.size() > Service::kMostIds)
    return invalid_field("experiment_ids", "must be at most ", Service::kMostIds);
  if (!query.interval_seconds) return ok_status();
  if (*query.interval_seconds < 1 || *query.interval_seconds > kLongestInterval)
    return invalid_field("time_interval_seconds", "must be 1 to ", kLongestInterval);
  if (!query.from_ms || !query.to_ms)
    return invalid("start_time_ms and end_time_ms are required if time_interval_seconds is set");
  return ok_status();
}

}  // namespace treadle::traces
