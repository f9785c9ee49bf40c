#include "adapters/native/tracking.h"

#include <limits>
#include <utility>

#include "adapters/native/json_forms.h"
#include "adapters/native/routing.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;

constexpr std::size_t kMaxPoints = 100'000;

std::string quoted(std::string_view text) { return str_cat("'", replace_all(text, "'", ""), "'"); }

StatusOr<tracking::RunStatus> parse_status(std::string_view text) {
  const auto status = tracking::parse_run_status(text);
  if (status) return *status;
  return invalid_field("status", "must be RUNNING, SCHEDULED, FINISHED, FAILED or KILLED, got \"", text, "\"");
}

// Which runs a list is about, without its page.
StatusOr<tracking::RunQuery> runs_asked(const Request& request) {
  tracking::RunQuery query;
  ASSIGN_OR_RETURN(query.view, view_of(request.query));
  for (const std::string_view order : request.query.all("order_by")) query.order_by.emplace_back(order);
  for (const std::string_view id : request.query.all("experiment_id")) query.experiment_ids.emplace_back(id);
  query.filter = std::string(request.query.get("filter").value_or(""));
  const auto add = [&](std::string_view name, std::string_view prefix) {
    const auto value = request.query.get(name);
    if (value) str_append(&query.filter, query.filter.empty() ? "" : " AND ", prefix, " = ", quoted(*value));
  };
  if (const auto status = request.query.get("status")) RETURN_IF_ERROR(parse_status(*status));
  add("status", "attributes.status");
  add("pipeline", "tags.`treadle.pipeline`");
  return query;
}

StatusOr<Json> list_runs(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(tracking::RunQuery query, runs_asked(request));
  ASSIGN_OR_RETURN(query.limit, request.query.get_int("limit", 100, 1, 10'000));
  ASSIGN_OR_RETURN(query.offset, page_offset(request.query));
  ASSIGN_OR_RETURN(const auto page, tracking.search_runs(query));
  Json list = Json::array();
  for (const auto& run : page.items) list.push_back(to_json(run));
  Json answer = {{"runs", list}};
  if (page.more) answer["next_page_token"] = str_cat(query.offset + query.limit);
  return answer;
}

// How many runs have each value of a param, a tag or an attribute: {groups: [{value, count}], more, runs}.
StatusOr<Json> group_runs(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const tracking::RunQuery query, runs_asked(request));
  const auto by = request.query.get("by");
  if (!by) return invalid_field("by", "is required: params.NAME, tags.NAME, status, user_id or experiment_id");
  if (query.experiment_ids.empty()) return invalid_field("experiment_id", "is required");
  ASSIGN_OR_RETURN(const tracking::RunGroups found, tracking.group_runs(query, std::string(*by)));
  Json groups = Json::array();
  for (const auto& [value, count] : found.groups) {
    groups.push_back({{"value", value ? Json(*value) : Json(nullptr)}, {"count", count}});
  }
  return Json{{"groups", groups}, {"more", found.more}, {"runs", found.runs}};
}

StatusOr<Json> create_run(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string where, optional_string(body, "experiment"));
  ASSIGN_OR_RETURN(const auto experiment, tracking.ensure_experiment(where));
  tracking::NewRun run;
  run.experiment_id = experiment.id;
  ASSIGN_OR_RETURN(run.name, optional_string(body, "name"));
  ASSIGN_OR_RETURN(run.tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(const auto created, tracking.create_run(run));
  return to_json(created);
}

StatusOr<Json> update_run(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  tracking::RunUpdate update;
  ASSIGN_OR_RETURN(const std::string status, optional_string(body, "status"));
  if (!status.empty()) {
    ASSIGN_OR_RETURN(update.status, parse_status(status));
  }
  if (body.contains("end_ms")) {
    ASSIGN_OR_RETURN(update.end_ms, required_int(body, "end_ms"));
  }
  if (body.contains("name")) {
    ASSIGN_OR_RETURN(update.name, required_string(body, "name"));
  }
  ASSIGN_OR_RETURN(const auto run, tracking.update_run(std::string(request.param("id")), update));
  return to_json(run);
}

template <Status (tracking::Service::*change)(const std::string&)>
StatusOr<Json> change_run(tracking::Service& tracking, const Request& request) {
  const std::string id(request.param("id"));
  RETURN_IF_ERROR((tracking.*change)(id));
  ASSIGN_OR_RETURN(const auto run, tracking.get_run(id));
  return to_json(run);
}

StatusOr<std::vector<tracking::Metric>> read_metrics(const Json& body) {
  std::vector<tracking::Metric> metrics;
  ASSIGN_OR_RETURN(const Json* list, optional_array(body, "metrics"));
  if (list == nullptr) return metrics;
  const std::int64_t now = SystemClock().now_ms();
  for (const Json& item : *list) {
    auto metric = read_metric(item, now);
    if (!metric.ok()) return in_item(metric.status(), "metrics", metrics.size());
    metrics.push_back(*std::move(metric));
  }
  return metrics;
}

StatusOr<std::vector<tracking::DatasetInput>> read_datasets(const Json& body) {
  std::vector<tracking::DatasetInput> inputs;
  ASSIGN_OR_RETURN(const Json* list, optional_array(body, "datasets"));
  if (list == nullptr) return inputs;
  for (const Json& item : *list) {
    auto input = read_dataset(item);
    if (!input.ok()) return in_item(input.status(), "datasets", inputs.size());
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

StatusOr<tracking::ModelLink> read_link(const Json& item) {
  tracking::ModelLink link;
  ASSIGN_OR_RETURN(link.model_id, required_string(item, "model_id"));
  ASSIGN_OR_RETURN(link.step, optional_int(item, "step", 0));
  return link;
}

StatusOr<std::vector<tracking::ModelLink>> read_links(const Json& body, std::string_view field) {
  std::vector<tracking::ModelLink> links;
  ASSIGN_OR_RETURN(const Json* list, optional_array(body, field));
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    auto link = read_link((*list)[i]);
    if (!link.ok()) return in_item(link.status(), field, i);
    links.push_back(*std::move(link));
  }
  return links;
}

StatusOr<Json> log_to_run(tracking::Service& tracking, const Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  tracking::Batch batch;
  ASSIGN_OR_RETURN(batch.params, read_pairs(body, "params"));
  ASSIGN_OR_RETURN(batch.tags, read_pairs(body, "tags"));
  ASSIGN_OR_RETURN(batch.metrics, read_metrics(body));
  ASSIGN_OR_RETURN(batch.inputs, read_datasets(body));
  ASSIGN_OR_RETURN(batch.model_inputs, read_links(body, "model_inputs"));
  ASSIGN_OR_RETURN(batch.model_outputs, read_links(body, "model_outputs"));
  RETURN_IF_ERROR(tracking.log_batch(std::string(request.param("id")), batch));
  return Json::object();
}

// All points while there are at most `max_points` of them, else the extremes of so many; `exact=true` pages through
// all.
StatusOr<Json> metric_history(tracking::Service& tracking, const Request& request) {
  tracking::PointQuery query{.run_id = std::string(request.param("id")),
                             .key = std::string(request.param("key")),
                             .order = tracking::PointOrder::kStep};
  ASSIGN_OR_RETURN(const std::int64_t limit, request.query.get_int("max_points", 2000, 2, kMaxPoints));
  const std::string_view wanted = request.query.get("exact").value_or("false");
  const bool exact = wanted == "true";
  if (!exact && wanted != "false") return invalid_field("exact", "must be true or false, got \"", wanted, "\"");
  if (exact) {
    query.limit = limit;
    ASSIGN_OR_RETURN(query.offset, page_offset(request.query));
  }
  for (const auto& [name, step] : {std::pair("from_step", &query.from_step), std::pair("to_step", &query.to_step)}) {
    if (!request.query.get(name)) continue;
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    ASSIGN_OR_RETURN(*step, request.query.get_int(name, 0, -kMost, kMost));
  }
  ASSIGN_OR_RETURN(auto page, tracking.metric_history(query));
  const std::size_t total = page.items.size();
  if (!exact) page.items = tracking::keep_extremes(std::move(page.items), static_cast<std::size_t>(limit));
  Json points = Json::array();
  for (const auto& point : page.items) points.push_back({point.step, point.time_ms, number_form(point.value)});
  Json answer = {{"key", query.key}, {"points", std::move(points)}};
  if (!exact) answer["total_points"] = total;
  if (page.more) answer["next_page_token"] = str_cat(query.offset + limit);
  return answer;
}

}  // namespace

void add_tracking_routes(net::Router& router, tracking::Service& tracking) {
  const auto route = [&](Method method, std::string_view pattern, auto work) {
    router.add(method, pattern, json_handler([&tracking, work](Request& request) { return work(tracking, request); }),
               {.max_body = 16u << 20});
  };
  route(Method::kGet, "/api/v1/runs", list_runs);
  route(Method::kGet, "/api/v1/run-groups", group_runs);
  route(Method::kPost, "/api/v1/runs", create_run);
  route(Method::kGet, "/api/v1/runs/{id}", [](tracking::Service& service, const Request& request) -> StatusOr<Json> {
    ASSIGN_OR_RETURN(const auto run, service.get_run(std::string(request.param("id"))));
    return to_json(run);
  });
  route(Method::kPatch, "/api/v1/runs/{id}", update_run);
  route(Method::kDelete, "/api/v1/runs/{id}", change_run<&tracking::Service::delete_run>);
  route(Method::kPost, "/api/v1/runs/{id}:restore", change_run<&tracking::Service::restore_run>);
  route(Method::kPost, "/api/v1/runs/{id}/log", log_to_run);
  route(Method::kGet, "/api/v1/runs/{id}/metrics/{key...}", metric_history);
}

}  // namespace treadle::native
