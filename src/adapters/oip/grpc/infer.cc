#include "adapters/oip/grpc/infer.h"

#include "adapters/oip/tensor.h"

namespace treadle::oip {
namespace {

using Input = inference::ModelInferRequest::InferInputTensor;

template <typename Values>
Status scatter(const TensorHeader& header, const Values& values, std::string_view list, const Placement& to,
               float* matrix) {
  if (static_cast<std::size_t>(values.size()) != to.count) {
    return invalid_field(header.name, "has ", values.size(), " values in contents.", list, "; its shape takes ",
                         to.count);
  }
  float* out = matrix + to.offset;
  for (const auto value : values) {
    *out = static_cast<float>(value);
    out += to.stride;
  }
  return ok_status();
}

Status decode_typed(const TensorHeader& header, const inference::InferTensorContents& contents, const Placement& to,
                    float* matrix) {
  switch (header.type) {
    case DataType::kBool:
      return scatter(header, contents.bool_contents(), "bool_contents", to, matrix);
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
      return scatter(header, contents.int_contents(), "int_contents", to, matrix);
    case DataType::kInt64:
      return scatter(header, contents.int64_contents(), "int64_contents", to, matrix);
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
      return scatter(header, contents.uint_contents(), "uint_contents", to, matrix);
    case DataType::kUint64:
      return scatter(header, contents.uint64_contents(), "uint64_contents", to, matrix);
    case DataType::kFp32:
      return scatter(header, contents.fp32_contents(), "fp32_contents", to, matrix);
    case DataType::kFp64:
      return scatter(header, contents.fp64_contents(), "fp64_contents", to, matrix);
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      break;
  }
  return invalid_field(header.name, "has datatype ", to_string(header.type),
                       ", which comes in raw_input_contents only");
}

StatusOr<std::vector<TensorHeader>> read_headers(const inference::ModelInferRequest& request) {
  std::vector<TensorHeader> headers;
  headers.reserve(static_cast<std::size_t>(request.inputs_size()));
  for (const Input& input : request.inputs()) {
    const auto type = parse_data_type(input.datatype());
    if (!type) return invalid_field(input.name(), "has an unknown datatype '", input.datatype(), "'; use FP32, FP64 …");
    if (input.parameters().contains("shared_memory_region")) {
      return invalid_field(input.name(), "shared memory is not supported; send the data in the request");
    }
    headers.push_back({input.name(), *type, {input.shape().begin(), input.shape().end()}});
  }
  return headers;
}

Status read_features(const inference::ModelInferRequest& request, serving::Call& call) {
  ASSIGN_OR_RETURN(const std::vector<TensorHeader> headers, read_headers(request));
  const bool raw = request.raw_input_contents_size() > 0;
  if (raw && request.raw_input_contents_size() != request.inputs_size()) {
    return invalid_field("raw_input_contents", "has ", request.raw_input_contents_size(), " entries for ",
                         request.inputs_size(), " inputs");
  }
  ASSIGN_OR_RETURN(const InputPlan plan, plan_inputs(call.signature(), headers));
  RETURN_IF_ERROR(call.reset(plan.rows));
  float* matrix = call.features().row(0);
  for (int i = 0; i < request.inputs_size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (raw) {
      if (request.inputs(i).has_contents()) {
        return invalid_field(headers[k].name, "has contents beside raw_input_contents; send one of them");
      }
      RETURN_IF_ERROR(decode_raw(headers[k], request.raw_input_contents(i), plan.placements[k], matrix));
    } else {
      RETURN_IF_ERROR(decode_typed(headers[k], request.inputs(i).contents(), plan.placements[k], matrix));
    }
  }
  return ok_status();
}

Status check_outputs(const inference::ModelInferRequest& request, const serving::Signature& signature) {
  for (const auto& output : request.outputs()) {
    if (output.name() == signature.output_name()) continue;
    return invalid_field("outputs", "the model has no output '", output.name(), "'; its output is '",
                         signature.output_name(), "'");
  }
  return ok_status();
}

void write_response(const inference::ModelInferRequest& request, const serving::Call& call,
                    inference::ModelInferResponse* response) {
  response->set_model_name(call.deployment().name);
  response->set_model_version(call.version().version_text);
  response->set_id(request.id());
  if (const auto it = request.parameters().find("content_type"); it != request.parameters().end()) {
    (*response->mutable_parameters())["content_type"] = it->second;
  }
  const auto values = call.values();
  auto* output = response->add_outputs();
  output->set_name(call.signature().output_name());
  output->set_datatype("FP32");
  output->add_shape(static_cast<std::int64_t>(values.size()));
  output->add_shape(1);
  // The answer comes the way the question did.
  if (request.raw_input_contents_size() > 0) {
    response->add_raw_output_contents(values.data(), values.size_bytes());
  } else {
    output->mutable_contents()->mutable_fp32_contents()->Add(values.begin(), values.end());
  }
}

}  // namespace

Status infer(const inference::ModelInferRequest& request, serving::Service& serving,
             inference::ModelInferResponse* response) {
  ASSIGN_OR_RETURN(serving::Call call, serving.begin(request.model_name(), request.model_version()));
  RETURN_IF_ERROR(check_outputs(request, call.signature()));
  RETURN_IF_ERROR(read_features(request, call));
  RETURN_IF_ERROR(call.predict());
  write_response(request, call, response);
  serving.finish(call, request.id());
  return ok_status();
}

}  // namespace treadle::oip
