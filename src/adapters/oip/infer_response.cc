#include "adapters/oip/infer_response.h"

#include "base/json_writer.h"

namespace treadle::oip {
namespace {

std::string write_json(const serving::Call& call, const InferOptions& options) {
  const auto values = call.values();
  JsonWriter json(192 + (options.binary_output ? 0 : values.size() * 14));
  json.begin_object();
  json.field("model_name", std::string_view(call.deployment().name));
  json.field("model_version", std::string_view(call.version().version_text));
  if (!options.id.empty()) json.field("id", std::string_view(options.id));
  if (!options.content_type.empty()) {
    json.key("parameters");
    json.begin_object();
    json.field("content_type", std::string_view(options.content_type));
    json.end_object();
  }
  json.key("outputs");
  json.begin_array();
  json.begin_object();
  json.field("name", std::string_view(call.signature().output_name()));
  json.field("datatype", std::string_view("FP32"));
  json.key("shape");
  json.begin_array();
  json.value(static_cast<std::uint64_t>(values.size()));
  json.value(std::uint64_t{1});
  json.end_array();
  if (options.binary_output) {
    json.key("parameters");
    json.begin_object();
    json.field("binary_data_size", static_cast<std::uint64_t>(values.size_bytes()));
    json.end_object();
  } else {
    json.key("data");
    json.begin_array();
    for (const float value : values) json.value(value);
    json.end_array();
  }
  json.end_object();
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace

net::Response infer_response(const serving::Call& call, const InferOptions& options) {
  std::string body = write_json(call, options);
  if (!options.binary_output) return net::Response::json_text(std::move(body));
  const std::size_t json_size = body.size();
  const auto values = call.values();
  body.append(reinterpret_cast<const char*>(values.data()),
              values.size_bytes());  // the hosts we build for are little-endian
  net::Response response;
  response.headers.set("Content-Type", "application/octet-stream");
  response.headers.set("Inference-Header-Content-Length", str_cat(json_size));
  response.body = std::move(body);
  return response;
}

}  // namespace treadle::oip
