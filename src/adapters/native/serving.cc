#include "adapters/native/serving.h"

#include <cmath>
#include <limits>

#include "base/json.h"

namespace treadle::native {
namespace {

using net::Method;
using net::Request;
using net::Response;

constexpr std::uint64_t kMaxPredictBody = 16u << 20;

Json deployment_json(const serving::Deployment& d) {
  return {{"name", d.name},
          {"model", d.model},
          {"version", d.version},
          {"desired_version", d.desired_version},
          {"state", serving::to_string(d.state)},
          {"error", d.error},
          {"endpoint", str_cat("/v2/models/", d.name, "/infer")},
          {"created_ms", d.created_ms},
          {"updated_ms", d.updated_ms},
          {"requests", d.stats.success.count + d.stats.fail.count},
          {"errors", d.stats.fail.count},
          {"p50_us", static_cast<double>(d.stats.p50_ns) / 1000.0},
          {"p99_us", static_cast<double>(d.stats.p99_ns) / 1000.0}};
}

StatusOr<Response> list(Request&, serving::Service& serving) {
  ASSIGN_OR_RETURN(const std::vector<serving::Deployment> deployments, serving.list());
  Json items = Json::array();
  for (const serving::Deployment& deployment : deployments) items.push_back(deployment_json(deployment));
  return Response::json({{"deployments", items}});
}

StatusOr<Response> get(Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(const serving::Deployment deployment, serving.get(request.param("name")));
  return Response::json(deployment_json(deployment));
}

StatusOr<Response> put(Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  serving::DeploymentSpec spec;
  ASSIGN_OR_RETURN(spec.model, required_string(body, "model"));
  ASSIGN_OR_RETURN(spec.version, required_int(body, "version"));
  ASSIGN_OR_RETURN(spec.reason, optional_string(body, "reason"));
  ASSIGN_OR_RETURN(spec.run_id, optional_string(body, "run_id"));
  ASSIGN_OR_RETURN(const serving::Deployment deployment, serving.deploy(request.param("name"), spec));
  return Response::json(deployment_json(deployment));
}

StatusOr<Response> history(Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(const std::vector<serving::DeploymentChange> changes, serving.history(request.param("name")));
  Json items = Json::array();
  for (const serving::DeploymentChange& change : changes) {
    items.push_back({{"model", change.model},
                     {"version", change.version},
                     {"from_ms", change.from_ms},
                     {"reason", change.reason},
                     {"run_id", change.run_id}});
  }
  return Response::json({{"history", items}});
}

Status read_features(const Json& features, const serving::Signature& signature, float* out) {
  std::vector<char> seen(signature.size());
  for (const auto& [name, value] : features.items()) {
    const auto column = signature.find(name);
    if (!column) return signature.unknown(name);
    seen[*column] = 1;
    if (value.is_null()) continue;  // stays missing
    if (!value.is_number() && !value.is_boolean()) {
      return invalid_field(name, "must be a number or null, got ", value.type_name());
    }
    out[*column] = value.is_boolean() ? (value.get<bool>() ? 1.0F : 0.0F) : static_cast<float>(value.get<double>());
  }
  return signature.check_complete(seen);
}

StatusOr<std::vector<serving::PredictionRow>> read_rows(const Json& rows, serving::Call& call) {
  std::vector<serving::PredictionRow> out;
  out.reserve(rows.size());
  RETURN_IF_ERROR(call.reset(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string field = str_cat("rows[", i, "]");
    const Json& row = rows[i];
    if (!row.is_object()) return invalid_field(field, "must be an object, got ", row.type_name());
    serving::PredictionRow meta;
    const auto key = optional_string(row, "key");
    if (!key.ok()) return with_context(key.status(), field);
    meta.key = *key;
    if (row.contains("event_ms") && !row["event_ms"].is_null()) {
      const auto event_ms = required_int(row, "event_ms");
      if (!event_ms.ok()) return with_context(event_ms.status(), field);
      meta.event_ms = *event_ms;
    }
    const auto features = optional_object(row, "features");
    if (!features.ok()) return with_context(features.status(), field);
    if (*features == nullptr) return invalid_field(str_cat(field, ".features"), "is required");
    const Status read = read_features(**features, call.signature(), call.features().row(i));
    if (!read.ok()) return with_context(read, str_cat(field, ".features"));
    out.push_back(std::move(meta));
  }
  return out;
}

StatusOr<Response> predict(Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(serving::Call call, serving.begin(request.param("name")));
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const Json* rows, optional_array(body, "rows"));
  if (rows == nullptr) return invalid_field("rows", "is required, an array of {key, event_ms, features}");
  serving::Service::Context context;
  if (body.contains("origin_ms") && !body["origin_ms"].is_null()) {
    ASSIGN_OR_RETURN(context.origin_ms, required_int(body, "origin_ms"));
  }
  ASSIGN_OR_RETURN(context.run_id, optional_string(body, "run_id"));
  ASSIGN_OR_RETURN(std::vector<serving::PredictionRow> predictions, read_rows(*rows, call));
  RETURN_IF_ERROR(call.predict());
  RETURN_IF_ERROR(serving.finish_durably(call, context, predictions));
  Json items = Json::array();
  for (const serving::PredictionRow& row : predictions) {
    items.push_back({{"id", row.id}, {"key", row.key}, {"value", row.value}});
  }
  return Response::json({{"model_version", call.version().version}, {"predictions", items}});
}

using Operation = StatusOr<Response> (*)(Request&, serving::Service&);

}  // namespace

void add_serving_routes(net::Router& router, serving::Service& serving) {
  const auto handle = [&serving](Operation operation) {
    return [&serving, operation](Request& request) {
      StatusOr<Response> response = operation(request, serving);
      return response.ok() ? std::move(*response) : net::error_response(response.status());
    };
  };
  router.add(Method::kGet, "/api/v1/deployments", handle(list));
  router.add(Method::kGet, "/api/v1/deployments/{name}", handle(get));
  router.add(Method::kPut, "/api/v1/deployments/{name}", handle(put));
  router.add(Method::kGet, "/api/v1/deployments/{name}/history", handle(history));
  router.add(Method::kPost, "/api/v1/deployments/{name}:predict", handle(predict), {.max_body = kMaxPredictBody});
}

}  // namespace treadle::native
