// V2's descriptive routes: health, server and model metadata, configuration, statistics.
#include "adapters/oip/errors.h"
#include "adapters/oip/model_metadata.h"
#include "adapters/oip/routes.h"

namespace treadle::oip {
namespace {

using net::Method;
using net::Request;
using net::Response;

Json server_metadata() {
  Json extensions = Json::array();
  for (const std::string_view extension : kExtensions) extensions.push_back(extension);
  return {{"name", kServerName}, {"version", kServerVersion}, {"extensions", extensions}};
}

Json spec_json(const TensorSpec& spec) {
  return {{"name", spec.name}, {"datatype", to_string(spec.type)}, {"shape", spec.shape}};
}

Json model_metadata(const serving::Lease& lease) {
  const serving::Model& model = *lease.version->runtime;
  Json inputs = Json::array();
  for (const TensorSpec& spec : input_specs(model.signature())) inputs.push_back(spec_json(spec));
  return {{"name", lease.deployment->name},
          {"versions", {lease.version->version_text}},
          {"platform", model.platform()},
          {"inputs", inputs},
          {"outputs", {spec_json(output_spec(model.signature()))}}};
}

Json config_tensor(const TensorSpec& spec) {
  Json dims = Json::array();
  for (std::size_t i = 1; i < spec.shape.size(); ++i)
    dims.push_back(spec.shape[i]);  // Triton leaves the batch size out
  const std::string type = spec.type == DataType::kBytes ? "TYPE_STRING" : str_cat("TYPE_", to_string(spec.type));
  return {{"name", spec.name}, {"data_type", type}, {"dims", dims}};
}

Json model_config(const serving::Lease& lease) {
  const serving::Model& model = *lease.version->runtime;
  Json inputs = Json::array();
  for (const TensorSpec& spec : input_specs(model.signature())) inputs.push_back(config_tensor(spec));
  return {{"name", lease.deployment->name},
          {"platform", model.platform()},
          {"backend", model.platform()},
          {"max_batch_size", serving::FeatureMatrix::kMaxValues / model.signature().size()},
          {"input", inputs},
          {"output", {config_tensor(output_spec(model.signature()))}}};
}

Json duration_json(const serving::Duration& duration) { return {{"count", duration.count}, {"ns", duration.ns}}; }

Json stats_json(const serving::Lease& lease) {
  const serving::StatsSnapshot stats = lease.deployment->stats.snapshot();
  const Json none = duration_json({});
  return {{"name", lease.deployment->name},
          {"version", lease.version->version_text},
          {"last_inference", stats.last_inference_ms},
          {"inference_count", stats.inference_count},
          {"execution_count", stats.execution_count},
          {"inference_stats",
           {{"success", duration_json(stats.success)},
            {"fail", duration_json(stats.fail)},
            {"queue", duration_json({stats.success.count, 0})},  // requests are never queued before the model
            {"compute_input", duration_json(stats.compute_input)},
            {"compute_infer", duration_json(stats.compute_infer)},
            {"compute_output", duration_json(stats.compute_output)},
            {"cache_hit", none},
            {"cache_miss", none}}},
          {"batch_stats", Json::array()},
          {"memory_usage", Json::array()}};
}

Response all_stats(const serving::Service& serving) {
  Json stats = Json::array();
  for (const std::string& name : serving.live().names()) {
    const auto lease = serving.live().acquire(name, {});
    if (lease.ok()) stats.push_back(stats_json(*lease));
  }
  return Response::json({{"model_stats", stats}});
}

// A route below /v2/models/{model}, with and without /versions/{version}.
void add_model_route(net::Router& router, serving::Service& serving, const std::string& suffix,
                     std::function<Response(const serving::Lease&)> answer) {
  const auto handler = [&serving, answer = std::move(answer)](Request& request) {
    const auto lease = serving.live().acquire(request.param("model"), request.param("version"));
    return lease.ok() ? answer(*lease) : v2_error(lease.status());
  };
  router.add(Method::kGet, "/v2/models/{model}" + suffix, handler, {.execution = net::Execution::kInline});
  router.add(Method::kGet, "/v2/models/{model}/versions/{version}" + suffix, handler,
             {.execution = net::Execution::kInline});
}

}  // namespace

void add_v2_routes(net::Router& router, serving::Service& serving) {
  const net::RouteOptions inline_route{.execution = net::Execution::kInline};
  router.add(
      Method::kGet, "/v2", [](Request&) { return Response::json(server_metadata()); }, inline_route);
  router.add(
      Method::kGet, "/v2/health/live",
      [](Request&) {
        return Response::json({{"live", true}});
      },
      inline_route);
  router.add(
      Method::kGet, "/v2/health/ready",
      [&serving](Request&) {
        const bool ready = serving.ready();
        return Response::json({{"ready", ready}}, ready ? 200 : 503);
      },
      inline_route);
  router.add(
      Method::kGet, "/v2/models",
      [&serving](Request&) {
        return Response::json({{"models", serving.live().names()}});
      },
      inline_route);
  router.add(
      Method::kGet, "/v2/models/stats", [&serving](Request&) { return all_stats(serving); }, inline_route);
  add_model_route(router, serving, "",
                  [](const serving::Lease& lease) { return Response::json(model_metadata(lease)); });
  add_model_route(router, serving, "/ready", [](const serving::Lease& lease) {
    return Response::json({{"name", lease.deployment->name}, {"ready", true}});
  });
  add_model_route(router, serving, "/config",
                  [](const serving::Lease& lease) { return Response::json(model_config(lease)); });
  add_model_route(router, serving, "/stats", [](const serving::Lease& lease) {
    return Response::json({{"model_stats", {stats_json(lease)}}});
  });
}

}  // namespace treadle::oip
