// MLflow's scoring server: POST /invocations with a data frame in one of five shapes -> {"predictions":[…]}.
#include "adapters/oip/csv.h"
#include "adapters/oip/errors.h"
#include "adapters/oip/predictions.h"
#include "adapters/oip/routes.h"
#include "adapters/oip/rows.h"
#include "base/json_writer.h"

namespace treadle::oip {
namespace {

using net::Method;
using net::Request;
using net::Response;

constexpr std::string_view kShapes = "dataframe_split, dataframe_records, instances or inputs";

Status read_shape(std::string_view name, const JsonElement& value, serving::Call& call) {
  JsonArray array;
  JsonObject object;
  const bool is_array = value.get(array) == simdjson::SUCCESS;
  const bool is_object = value.get(object) == simdjson::SUCCESS;
  if (name == "dataframe_split" && is_object) return read_split(object, call);
  if (name == "dataframe_records" && is_array) return read_records(array, name, call);
  if (name == "instances" && is_array) return read_instances(array, name, call);
  if (name == "inputs" && is_object) return read_columns(object, name, call);
  if (name == "inputs" && is_array) return read_instances(array, name, call);
  const std::string_view wanted = name == "dataframe_split" ? "an object with columns and data"
                                  : name == "inputs"        ? "an object of columns or an array of rows"
                                                            : "an array of rows";
  return invalid_field(name, "must be ", wanted, ", got ", type_name(value));
}

Status read_json_body(Request& request, serving::Call& call) {
  ASSIGN_OR_RETURN(const JsonObject body, read_json_object(request.body, request.body.size()));
  std::string_view shape;
  JsonElement rows;
  for (const auto [name, value] : body) {
    if (name == "params") continue;  // the models served here take none
    if (name != "dataframe_split" && name != "dataframe_records" && name != "instances" && name != "inputs") {
      return invalid_field(name, "is not known; send exactly one of ", kShapes, ", and params");
    }
    if (!shape.empty()) return invalid_field(name, "was sent beside ", shape, "; send exactly one of ", kShapes);
    shape = name;
    rows = value;
  }
  if (shape.empty()) return invalid("the body must have exactly one of ", kShapes);
  return read_shape(shape, rows, call);
}

// The route's deployment, the query's, or the only one there is.
StatusOr<std::string> choose_deployment(const Request& request, const serving::Service& serving) {
  if (const std::string_view name = request.param("name"); !name.empty()) return std::string(name);
  if (const auto name = request.query.get("deployment")) return std::string(*name);
  const std::vector<std::string> names = serving.live().names();
  if (names.size() == 1) return names[0];
  if (names.empty()) return not_found("nothing is deployed; PUT /api/v1/deployments/{name} first");
  return invalid_field("deployment",
                       "is required because there are several: POST /deployments/{name}/invocations with one of ",
                       join(names, ", "));
}

StatusOr<Response> score(Request& request, serving::Service& serving) {
  const std::string_view header = request.headers.get("Content-Type");
  const std::string type = to_lower(trim(header.substr(0, header.find(';'))));
  if (type != "application/json" && type != "text/csv") {
    JsonWriter json;
    json.begin_object();
    json.field("error_code", std::string_view("BAD_REQUEST"));
    json.field("message", std::string_view(str_cat("Content-Type '", header.substr(0, 100),
                                                   "' is not supported; use application/json or text/csv")));
    json.end_object();
    return Response::json_text(json.take(), 415);
  }
  ASSIGN_OR_RETURN(const std::string name, choose_deployment(request, serving));
  ASSIGN_OR_RETURN(serving::Call call, serving.begin(name));
  RETURN_IF_ERROR(type == "text/csv" ? read_csv(request.body, call) : read_json_body(request, call));
  return answer_predictions(serving, call);
}

}  // namespace

void add_scoring_routes(net::Router& router, serving::Service& serving) {
  const auto handler = [&serving](Request& request) {
    StatusOr<Response> response = score(request, serving);
    return response.ok() ? std::move(*response) : scoring_error(response.status());
  };
  for (const char* path : {"/invocations", "/deployments/{name}/invocations"}) {
    router.add(Method::kPost, path, handler, {.max_body = kMaxInferBody, .inline_below = kInlineBody});
  }
  router.add(Method::kGet, "/ping",
             [&serving](Request&) { return Response::text(serving.ready() ? 200 : 503, "\n", "application/json"); },
             {.execution = net::Execution::kInline});
}

}  // namespace treadle::oip
