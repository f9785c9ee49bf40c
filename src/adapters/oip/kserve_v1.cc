// KServe's V1 protocol, which is TensorFlow Serving's: {"instances":[…]} -> {"predictions":[…]}.
#include "adapters/oip/errors.h"
#include "adapters/oip/predictions.h"
#include "adapters/oip/routes.h"
#include "adapters/oip/rows.h"

namespace treadle::oip {
namespace {

using net::Method;
using net::Request;
using net::Response;

StatusOr<Response> predict(Request& request, serving::Service& serving) {
  ASSIGN_OR_RETURN(serving::Call call, serving.begin(request.param("model")));
  ASSIGN_OR_RETURN(const JsonObject body, read_json_object(request.body, request.body.size()));
  JsonArray instances;
  if (body.at_key("instances").get(instances) != simdjson::SUCCESS) {
    return invalid_field("instances", "is required, an array with one entry per row");
  }
  RETURN_IF_ERROR(read_instances(instances, "instances", call));
  return answer_predictions(serving, call);
}

}  // namespace

void add_kserve_v1_routes(net::Router& router, serving::Service& serving) {
  const net::RouteOptions inline_route{.execution = net::Execution::kInline};
  router.add(
      Method::kGet, "/v1/models",
      [&serving](Request&) {
        return Response::json({{"models", serving.live().names()}});
      },
      inline_route);
  router.add(
      Method::kGet, "/v1/models/{model}",
      [&serving](Request& request) {
        const auto lease = serving.live().acquire(request.param("model"), {});
        if (!lease.ok()) return v2_error(lease.status());
        return Response::json({{"name", lease->deployment->name}, {"ready", true}});
      },
      inline_route);
  router.add(Method::kPost, "/v1/models/{model}:predict",
             [&serving](Request& request) {
               StatusOr<Response> response = predict(request, serving);
               return response.ok() ? std::move(*response) : v2_error(response.status());
             },
             {.max_body = kMaxInferBody, .inline_below = kInlineBody});
}

}  // namespace treadle::oip
