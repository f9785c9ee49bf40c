#include "adapters/oip/infer_request.h"

#include <algorithm>
#include <cmath>

#include "adapters/oip/json_reader.h"
#include "adapters/oip/tensor.h"

namespace treadle::oip {
namespace {

struct Input {
  JsonArray data;                          // when it came as JSON
  std::optional<std::size_t> binary_size;  // else
};

struct Inputs {
  std::vector<TensorHeader> headers;
  std::vector<Input> sources;
};

Status check_content_type(std::string_view field, std::string_view type) {
  if (type.empty() || type == "np" || type == "pd") return ok_status();
  return invalid_field(field, "'", type, "' does not fit a model of numbers; use \"np\" or \"pd\"");
}

Status read_shape(const JsonObject& input, TensorHeader* header) {
  JsonArray shape;
  if (input.at_key("shape").get(shape) != simdjson::SUCCESS) {
    return invalid_field(header->name, "needs a shape, an array of integers");
  }
  for (const JsonElement size : shape) {
    std::int64_t value = 0;
    if (size.get(value) != simdjson::SUCCESS)
      return invalid_field(header->name, "has a shape that is not all integers");
    header->shape.push_back(value);
  }
  if (header->shape.empty() || header->shape.size() > 8)
    return invalid_field(header->name, "needs a shape of 1 or 2 sizes");
  return ok_status();
}

Status read_input(const JsonElement& element, std::size_t index, Inputs* inputs) {
  const std::string field = str_cat("inputs[", index, "]");
  JsonObject object;
  if (element.get(object) != simdjson::SUCCESS)
    return invalid_field(field, "must be an object, got ", type_name(element));
  TensorHeader header;
  Input source;
  ASSIGN_OR_RETURN(header.name, text_field(object, "name"));
  if (header.name.empty()) return invalid_field(field + ".name", "is required");
  ASSIGN_OR_RETURN(const std::string_view type, text_field(object, "datatype"));
  const auto data_type = parse_data_type(type);
  if (!data_type) return invalid_field(header.name, "has an unknown datatype '", type, "'; use FP32, FP64, INT64 …");
  header.type = *data_type;
  RETURN_IF_ERROR(read_shape(object, &header));
  JsonObject parameters;
  if (object.at_key("parameters").get(parameters) == simdjson::SUCCESS) {
    JsonElement value;
    if (parameters.at_key("binary_data_size").get(value) == simdjson::SUCCESS) {
      std::uint64_t size = 0;
      if (value.get(size) != simdjson::SUCCESS)
        return invalid_field(header.name, "binary_data_size must be an integer >= 0");
      source.binary_size = size;
    }
    if (parameters.at_key("shared_memory_region").error() == simdjson::SUCCESS) {
      return invalid_field(header.name, "shared memory is not supported; send the data in the request");
    }
    ASSIGN_OR_RETURN(const std::string_view content_type, text_field(parameters, "content_type"));
    RETURN_IF_ERROR(check_content_type(field + ".parameters.content_type", content_type));
  }
  const bool has_data = object.at_key("data").get(source.data) == simdjson::SUCCESS;
  if (has_data == source.binary_size.has_value()) {
    return invalid_field(header.name, has_data ? "has both data and binary_data_size; send one of them"
                                               : "needs data (an array) or parameters.binary_data_size");
  }
  inputs->headers.push_back(std::move(header));
  inputs->sources.push_back(source);
  return ok_status();
}

Status read_outputs(const JsonObject& root, const serving::Signature& signature, InferOptions* options) {
  JsonElement value;
  if (root.at_key("outputs").get(value) != simdjson::SUCCESS || value.is_null()) return ok_status();
  JsonArray outputs;
  if (value.get(outputs) != simdjson::SUCCESS) return invalid_field("outputs", "must be an array");
  for (const JsonElement element : outputs) {
    JsonObject output;
    if (element.get(output) != simdjson::SUCCESS) return invalid_field("outputs", "must hold objects");
    ASSIGN_OR_RETURN(const std::string_view name, text_field(output, "name"));
    if (name != signature.output_name()) {
      return invalid_field("outputs", "the model has no output '", name, "'; its output is '", signature.output_name(),
                           "'");
    }
    JsonObject parameters;
    if (output.at_key("parameters").get(parameters) != simdjson::SUCCESS) continue;
    if (parameters.at_key("classification").error() == simdjson::SUCCESS) {
      return invalid_field("outputs", "classification is not supported by a model that answers one number per row");
    }
    if (parameters.at_key("shared_memory_region").error() == simdjson::SUCCESS) {
      return invalid_field("outputs", "shared memory is not supported; the data comes in the response");
    }
    ASSIGN_OR_RETURN(options->binary_output, bool_field(parameters, "binary_data", options->binary_output));
  }
  return ok_status();
}

// Flattens `data`, which may be flat or nested as the shape says.
class JsonData {
 public:
  JsonData(const TensorHeader& header, const Placement& to, float* matrix)
      : header_(header), to_(to), matrix_(matrix) {}

  Status fill(const JsonArray& data) {
    RETURN_IF_ERROR(fill_level(data, 0));
    if (next_ == to_.count) return ok_status();
    return invalid_field(header_.name, "has ", next_, " values, but its shape takes ", to_.count);
  }

 private:
  Status fill_level(const JsonArray& data, std::size_t depth) {
    const bool whole = header_.type != DataType::kFp32 && header_.type != DataType::kFp64;
    for (const JsonElement element : data) {
      if (element.is_array()) {
        if (depth + 1 >= header_.shape.size())
          return invalid_field(header_.name, "has data nested deeper than its shape");
        const std::size_t before = next_;
        RETURN_IF_ERROR(fill_level(element.get_array().value_unsafe(), depth + 1));
        const auto inner = to_.count / std::max<std::size_t>(static_cast<std::size_t>(header_.shape[0]), 1);
        if (depth == 0 && next_ - before != inner) {
          return invalid_field(header_.name, "row ", before / std::max<std::size_t>(inner, 1), " has ", next_ - before,
                               " values, but its shape takes ", inner);
        }
        continue;
      }
      if (next_ == to_.count)
        return invalid_field(header_.name, "has more values than the ", to_.count, " of its shape");
      float* out = matrix_ + to_.offset + next_ * to_.stride;
      if (!as_float(element, out)) return bad_value(type_name(element), whole);
      if (whole && element.type() == simdjson::dom::element_type::DOUBLE && *out != std::trunc(*out)) {
        return bad_value("a fraction", whole);
      }
      ++next_;
    }
    return ok_status();
  }

  Status bad_value(std::string_view is, bool whole) const {
    return invalid_field(header_.name, "value ", next_, " is ", is, "; ", to_string(header_.type),
                         whole ? " takes whole numbers" : " takes numbers");
  }

  const TensorHeader& header_;
  const Placement& to_;
  float* matrix_;
  std::size_t next_ = 0;
};

Status fill_features(const Inputs& inputs, std::string_view binary, serving::Call& call) {
  ASSIGN_OR_RETURN(const InputPlan plan, plan_inputs(call.signature(), inputs.headers));
  RETURN_IF_ERROR(call.reset(plan.rows));
  float* matrix = call.features().row(0);
  for (std::size_t i = 0; i < inputs.headers.size(); ++i) {
    const TensorHeader& header = inputs.headers[i];
    const Input& source = inputs.sources[i];
    if (!source.binary_size) {
      RETURN_IF_ERROR(JsonData(header, plan.placements[i], matrix).fill(source.data));
      continue;
    }
    if (*source.binary_size > binary.size()) {
      return invalid_field(header.name, "binary_data_size is ", *source.binary_size, " but only ", binary.size(),
                           " bytes are left in the body");
    }
    RETURN_IF_ERROR(decode_raw(header, binary.substr(0, *source.binary_size), plan.placements[i], matrix));
    binary.remove_prefix(*source.binary_size);
  }
  if (!binary.empty()) return invalid("the body has ", binary.size(), " bytes after the last input's data");
  return ok_status();
}

StatusOr<InferOptions> read_raw(std::string_view body, serving::Call& call) {
  const auto features = static_cast<std::int64_t>(call.signature().size());
  const TensorHeader header{"body", DataType::kFp32, {1, features}};
  RETURN_IF_ERROR(call.reset(1));
  RETURN_IF_ERROR(decode_raw(header, body, {0, 1, call.signature().size()}, call.features().row(0)));
  InferOptions options;
  options.binary_output = true;
  return options;
}

}  // namespace

StatusOr<InferOptions> read_infer_request(std::string& body, std::optional<std::size_t> json_size,
                                          serving::Call& call) {
  if (json_size == 0u) return read_raw(body, call);
  const std::size_t size = json_size.value_or(body.size());
  if (size > body.size()) {
    return invalid_field("Inference-Header-Content-Length", "is ", size, " but the body has ", body.size(), " bytes");
  }
  ASSIGN_OR_RETURN(const JsonObject root, read_json_object(body, size));
  InferOptions options;
  ASSIGN_OR_RETURN(const std::string_view id, text_field(root, "id"));
  options.id = id;
  JsonElement parameters_value;
  JsonObject parameters;
  if (root.at_key("parameters").get(parameters_value) == simdjson::SUCCESS && !parameters_value.is_null()) {
    if (parameters_value.get(parameters) != simdjson::SUCCESS) {
      return invalid_field("parameters", "must be an object, got ", type_name(parameters_value));
    }
    ASSIGN_OR_RETURN(options.binary_output, bool_field(parameters, "binary_data_output", false));
    ASSIGN_OR_RETURN(const std::string_view content_type, text_field(parameters, "content_type"));
    RETURN_IF_ERROR(check_content_type("parameters.content_type", content_type));
    options.content_type = content_type;
  }
  JsonArray array;
  if (root.at_key("inputs").get(array) != simdjson::SUCCESS)
    return invalid_field("inputs", "is required, an array of tensors");
  Inputs inputs;
  std::size_t index = 0;
  for (const JsonElement input : array) RETURN_IF_ERROR(read_input(input, index++, &inputs));
  RETURN_IF_ERROR(read_outputs(root, call.signature(), &options));
  RETURN_IF_ERROR(fill_features(inputs, std::string_view(body).substr(size), call));
  return options;
}

}  // namespace treadle::oip
