#include <algorithm>

#include "adapters/mlflow/groups.h"
#include "adapters/mlflow/run_forms.h"
#include "base/strings.h"
#include "domains/tracking/validate.h"

namespace treadle::mlflow {
namespace {

using net::Method;

// What a run with a few params and metrics takes in an answer.
constexpr std::size_t kRunText = 2048;

// Points of one run in an answer for a chart: MLflow's own number.
constexpr std::int64_t kIntervalPoints = 2500;
constexpr std::size_t kBulkRuns = 100;

// Old clients say run_uuid.
StatusOr<std::string> run_id_of(const Json& arguments) {
  const bool old_name = !arguments.contains("run_id") && arguments.contains("run_uuid");
  return required_string(arguments, old_name ? "run_uuid" : "run_id");
}

StatusOr<Json> create(tracking::Service& tracking, const Json& arguments) {
  tracking::NewRun run;
  ASSIGN_OR_RETURN(run.experiment_id, optional_string(arguments, "experiment_id", "0"));
  ASSIGN_OR_RETURN(run.name, optional_string(arguments, "run_name"));
  ASSIGN_OR_RETURN(run.user, optional_string(arguments, "user_id"));
  ASSIGN_OR_RETURN(run.start_ms, optional_int(arguments, "start_time", 0));
  ASSIGN_OR_RETURN(run.tags, read_tags(arguments, "tags"));
  tracking::shorten_values(run.tags, tracking::Limits::kTagValue);
  ASSIGN_OR_RETURN(const auto created, tracking.create_run(run));
  return Json{{"run", run_form(created)}};
}

StatusOr<Json> update(tracking::Service& tracking, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, run_id_of(arguments));
  tracking::RunUpdate update;
  if (arguments.contains("status") && !arguments["status"].is_null()) {
    const Json& status = arguments["status"];
    update.status = tracking::parse_run_status(status.is_string() ? status.get<std::string>() : to_text(status));
    if (!update.status) return invalid_field("status", "must be RUNNING, SCHEDULED, FINISHED, FAILED or KILLED");
  }
  ASSIGN_OR_RETURN(const std::int64_t end, optional_int(arguments, "end_time", 0));
  if (end > 0) update.end_ms = end;
  ASSIGN_OR_RETURN(const std::string name, optional_string(arguments, "run_name"));
  if (!name.empty()) update.name = name;
  ASSIGN_OR_RETURN(const auto run, tracking.update_run(id, update));
  return Json{{"run_info", run_info(run)}};
}

StatusOr<tracking::View> read_view(const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string view, optional_string(arguments, "run_view_type", "ACTIVE_ONLY"));
  if (view == "ACTIVE_ONLY") return tracking::View::kActive;
  if (view == "DELETED_ONLY") return tracking::View::kDeleted;
  if (view == "ALL") return tracking::View::kAll;
  return invalid_field("run_view_type", "must be ACTIVE_ONLY, DELETED_ONLY or ALL, got \"", view, "\"");
}

StatusOr<std::string> search(tracking::Service& tracking, const Json& arguments) {
  tracking::RunQuery query;
  ASSIGN_OR_RETURN(query.experiment_ids, read_strings(arguments, "experiment_ids"));
  for (const std::string& id : query.experiment_ids) RETURN_IF_ERROR(check_experiment_id(id));
  ASSIGN_OR_RETURN(query.filter, optional_string(arguments, "filter"));
  ASSIGN_OR_RETURN(query.order_by, read_strings(arguments, "order_by"));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, 1000, tracking::Limits::kRunPage));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  ASSIGN_OR_RETURN(query.view, read_view(arguments));
  if (query.experiment_ids.empty()) return "{}";
  ASSIGN_OR_RETURN(const auto page, tracking.search_runs(query));
  JsonWriter answer(page.items.size() * kRunText);
  answer.begin_object();
  if (!page.items.empty()) {
    answer.key("runs");
    answer.begin_array();
    for (const auto& run : page.items) write_run(answer, run);
    answer.end_array();
  }
  if (page.more) answer.field("next_page_token", std::string_view(page_token(arguments, query.offset + query.limit)));
  answer.end_object();
  return answer.take();
}

// To MLflow a run that is not there is one without points.
StatusOr<tracking::Page<tracking::Point>> points_of(tracking::Service& tracking, const tracking::PointQuery& query) {
  auto page = tracking.metric_history(query);
  if (page.status().code() == StatusCode::kNotFound) return tracking::Page<tracking::Point>();
  return page;
}

StatusOr<Json> history(tracking::Service& tracking, const Json& arguments) {
  ASSIGN_OR_RETURN(const std::string id, run_id_of(arguments));
  ASSIGN_OR_RETURN(const std::string key, required_string(arguments, "metric_key"));
  ASSIGN_OR_RETURN(const std::int64_t limit,
                   page_limit(arguments, tracking::Limits::kMetricPage, tracking::Limits::kMetricPage));
  ASSIGN_OR_RETURN(const std::int64_t offset, page_offset(arguments));
  ASSIGN_OR_RETURN(const auto page, points_of(tracking, {.run_id = id, .key = key, .limit = limit, .offset = offset}));
  Json answer = Json::object();
  for (const auto& point : page.items) answer["metrics"].push_back(point_form(key, point));
  if (page.more) answer["next_page_token"] = page_token(arguments, offset + limit);
  return answer;
}

void append_points(Json& answer, const std::string& run, const std::string& key,
                   const std::vector<tracking::Point>& points) {
  for (const auto& point : points) {
    Json metric = point_form(key, point);
    metric["run_id"] = run;
    answer["metrics"].push_back(std::move(metric));
  }
}

StatusOr<std::vector<std::string>> bulk_runs(const Json& arguments, std::string_view field, std::string_view call) {
  ASSIGN_OR_RETURN(auto ids, read_strings(arguments, field));
  if (ids.empty()) return invalid(call, " request must specify at least one ", field, ".");
  if (ids.size() > kBulkRuns) {
    const std::string_view most =
        field == "run_id" ? " request cannot specify more than " : " request must specify at most ";
    return invalid(call, most, kBulkRuns, " run_ids. Received ", ids.size(), " run_ids.");
  }
  return ids;
}

// The points of one metric of several runs, the first `max_results` of all.
StatusOr<Json> bulk(tracking::Service& tracking, const Json& arguments) {
  ASSIGN_OR_RETURN(auto ids, bulk_runs(arguments, "run_id", "GetMetricHistoryBulk"));
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ASSIGN_OR_RETURN(const std::string key, optional_string(arguments, "metric_key"));
  if (key.empty()) return invalid("GetMetricHistoryBulk request must specify a metric_key.");
  ASSIGN_OR_RETURN(std::int64_t left, optional_int(arguments, "max_results", tracking::Limits::kMetricPage));
  left = std::clamp<std::int64_t>(left, 0, tracking::Limits::kMetricPage);
  Json answer = {{"metrics", Json::array()}};
  for (const std::string& id : ids) {
    if (left == 0) break;
    ASSIGN_OR_RETURN(const auto page, points_of(tracking, {.run_id = id, .key = key, .limit = left}));
    append_points(answer, id, key, page.items);
    left -= static_cast<std::int64_t>(page.items.size());
  }
  return answer;
}

// Which steps are asked for; both ends or none.
Status read_steps(const Json& arguments, tracking::PointQuery& query) {
  const bool from = arguments.contains("start_step"), to = arguments.contains("end_step");
  if (from != to) return invalid("If either start step or end step are specified, both must be specified.");
  if (!from) return ok_status();
  ASSIGN_OR_RETURN(query.from_step, required_int(arguments, "start_step"));
  ASSIGN_OR_RETURN(query.to_step, required_int(arguments, "end_step"));
  if (*query.from_step <= *query.to_step) return ok_status();
  return invalid("end_step must be greater than start_step. Found start_step=", *query.from_step,
                 " and end_step=", *query.to_step, ".");
}

// The points of one metric of several runs, at most `max_results` of each, evenly spread and with both ends.
StatusOr<Json> bulk_interval(tracking::Service& tracking, const Json& arguments) {
  ASSIGN_OR_RETURN(const auto ids, bulk_runs(arguments, "run_ids", "GetMetricHistoryBulkInterval"));
  tracking::PointQuery query{.run_id = {}, .key = {}, .order = tracking::PointOrder::kStep};
  ASSIGN_OR_RETURN(query.key, required_string(arguments, "metric_key"));
  ASSIGN_OR_RETURN(const std::int64_t limit, page_limit(arguments, kIntervalPoints, kIntervalPoints));
  RETURN_IF_ERROR(read_steps(arguments, query));
  Json answer = Json::object();
  for (const std::string& id : ids) {
    query.run_id = id;
    ASSIGN_OR_RETURN(auto page, points_of(tracking, query));
    append_points(answer, id, query.key,
                  tracking::spread_evenly(std::move(page.items), static_cast<std::size_t>(limit)));
  }
  return answer;
}

}  // namespace

void add_run_routes(Routes& routes, tracking::Service& tracking) {
  routes.add(Method::kPost, "runs/create", [&](const Json& arguments) { return create(tracking, arguments); });
  routes.add(Method::kPost, "runs/update", [&](const Json& arguments) { return update(tracking, arguments); });
  routes.add_text(Method::kPost, "runs/search", [&](const Json& arguments) { return search(tracking, arguments); });
  routes.add(Method::kGet, "metrics/get-history", [&](const Json& arguments) { return history(tracking, arguments); });
  routes.add(Method::kGet, "metrics/get-history-bulk",
             [&](const Json& arguments) { return bulk(tracking, arguments); });
  routes.add(Method::kGet, "metrics/get-history-bulk-interval",
             [&](const Json& arguments) { return bulk_interval(tracking, arguments); });
  routes.add(Method::kGet, "runs/get", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string id, run_id_of(arguments));
    ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
    return Json{{"run", run_form(run)}};
  });
  routes.add(Method::kPost, "runs/delete", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string id, run_id_of(arguments));
    RETURN_IF_ERROR(tracking.delete_run(id));
    return Json::object();
  });
  routes.add(Method::kPost, "runs/restore", [&](const Json& arguments) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const std::string id, run_id_of(arguments));
    RETURN_IF_ERROR(tracking.restore_run(id));
    return Json::object();
  });
}

}  // namespace treadle::mlflow
