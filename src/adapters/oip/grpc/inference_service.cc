#include "adapters/oip/grpc/inference_service.h"

#include <grpcpp/grpcpp.h>

#include "adapters/oip/grpc/infer.h"
#include "adapters/oip/model_metadata.h"

namespace treadle::oip {
namespace {

grpc::StatusCode grpc_code(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return grpc::StatusCode::OK;
    case StatusCode::kInvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case StatusCode::kUnauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case StatusCode::kPermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case StatusCode::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case StatusCode::kAlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case StatusCode::kFailedPrecondition:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case StatusCode::kAborted:
      return grpc::StatusCode::ABORTED;
    case StatusCode::kResourceExhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case StatusCode::kCancelled:
      return grpc::StatusCode::CANCELLED;
    case StatusCode::kUnimplemented:
      return grpc::StatusCode::UNIMPLEMENTED;
    case StatusCode::kUnavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case StatusCode::kDeadlineExceeded:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case StatusCode::kDataLoss:
      return grpc::StatusCode::DATA_LOSS;
    case StatusCode::kInternal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

grpc::Status to_grpc(const Status& status) {
  return status.ok() ? grpc::Status::OK : grpc::Status(grpc_code(status.code()), status.message());
}

void set_duration(const serving::Duration& from, inference::StatisticDuration* to) {
  to->set_count(from.count);
  to->set_ns(from.ns);
}

void add_statistics(const serving::Lease& lease, inference::ModelStatisticsResponse* response) {
  const serving::StatsSnapshot stats = lease.deployment->stats.snapshot();
  auto* out = response->add_model_stats();
  out->set_name(lease.deployment->name);
  out->set_version(lease.version->version_text);
  out->set_last_inference(static_cast<std::uint64_t>(stats.last_inference_ms));
  out->set_inference_count(stats.inference_count);
  out->set_execution_count(stats.execution_count);
  auto* phases = out->mutable_inference_stats();
  set_duration(stats.success, phases->mutable_success());
  set_duration(stats.fail, phases->mutable_fail());
  set_duration({stats.success.count, 0}, phases->mutable_queue());
  set_duration(stats.compute_input, phases->mutable_compute_input());
  set_duration(stats.compute_infer, phases->mutable_compute_infer());
  set_duration(stats.compute_output, phases->mutable_compute_output());
  phases->mutable_cache_hit();
  phases->mutable_cache_miss();
}

inference::DataType config_type(DataType type) {
  inference::DataType out = inference::TYPE_INVALID;
  inference::DataType_Parse(str_cat("TYPE_", to_string(type)), &out);
  return out;
}

void set_tensor(const TensorSpec& from, inference::ModelMetadataResponse::TensorMetadata* to) {
  to->set_name(from.name);
  to->set_datatype(std::string(to_string(from.type)));
  for (const std::int64_t size : from.shape) to->add_shape(size);
}

template <typename ConfigTensor>
void set_config(const TensorSpec& from, ConfigTensor* to) {
  to->set_name(from.name);
  to->set_data_type(config_type(from.type));
  for (std::size_t i = 1; i < from.shape.size(); ++i) to->add_dims(from.shape[i]);
}

std::string repository_state(serving::DeploymentState state) {
  if (state == serving::DeploymentState::kReady) return "READY";
  return state == serving::DeploymentState::kLoading ? "LOADING" : "UNAVAILABLE";
}

constexpr auto kRead = auth::Permission::kRead, kUse = auth::Permission::kUse, kEdit = auth::Permission::kEdit;

// "ipv4:127.0.0.1:40000" without the port, which changes with every connection.
std::string_view address_of(std::string_view peer) { return peer.substr(0, peer.rfind(':')); }

#define RETURN_UNLESS_ALLOWED(context, deployment, level) \
  if (const Status status = allowed(*(context), deployment, level); !status.ok()) return to_grpc(status)

}  // namespace

Status InferenceService::allowed(const grpc::ServerContext& context, const std::string& deployment,
                                 auth::Permission level) const {
  if (!allow_) return ok_status();
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find("authorization");
  const std::string_view authorization =
      it == metadata.end() ? std::string_view() : std::string_view(it->second.data(), it->second.size());
  return allow_(authorization, address_of(context.peer()), deployment, level);
}

grpc::Status InferenceService::ServerLive(grpc::ServerContext*, const inference::ServerLiveRequest*,
                                          inference::ServerLiveResponse* response) {
  response->set_live(true);
  return grpc::Status::OK;
}

grpc::Status InferenceService::ServerReady(grpc::ServerContext*, const inference::ServerReadyRequest*,
                                           inference::ServerReadyResponse* response) {
  response->set_ready(serving_.ready());
  return grpc::Status::OK;
}

grpc::Status InferenceService::ModelReady(grpc::ServerContext* context, const inference::ModelReadyRequest* request,
                                          inference::ModelReadyResponse* response) {
  RETURN_UNLESS_ALLOWED(context, request->name(), kRead);
  response->set_ready(serving_.live().acquire(request->name(), request->version()).ok());
  return grpc::Status::OK;
}

grpc::Status InferenceService::ServerMetadata(grpc::ServerContext* context, const inference::ServerMetadataRequest*,
                                              inference::ServerMetadataResponse* response) {
  RETURN_UNLESS_ALLOWED(context, "", kRead);
  response->set_name(std::string(kServerName));
  response->set_version(std::string(kServerVersion));
  for (const std::string_view extension : kGrpcExtensions) response->add_extensions(std::string(extension));
  return grpc::Status::OK;
}

grpc::Status InferenceService::ModelMetadata(grpc::ServerContext* context,
                                             const inference::ModelMetadataRequest* request,
                                             inference::ModelMetadataResponse* response) {
  RETURN_UNLESS_ALLOWED(context, request->name(), kRead);
  const auto lease = serving_.live().acquire(request->name(), request->version());
  if (!lease.ok()) return to_grpc(lease.status());
  const serving::Model& model = *lease->version->runtime;
  response->set_name(lease->deployment->name);
  response->add_versions(lease->version->version_text);
  response->set_platform(std::string(model.platform()));
  for (const TensorSpec& spec : input_specs(model.signature())) set_tensor(spec, response->add_inputs());
  set_tensor(output_spec(model.signature()), response->add_outputs());
  return grpc::Status::OK;
}

grpc::Status InferenceService::ModelInfer(grpc::ServerContext* context, const inference::ModelInferRequest* request,
                                          inference::ModelInferResponse* response) {
  RETURN_UNLESS_ALLOWED(context, request->model_name(), kUse);
  return to_grpc(infer(*request, serving_, response));
}

grpc::Status InferenceService::ModelStreamInfer(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<inference::ModelStreamInferResponse, inference::ModelInferRequest>* stream) {
  RETURN_UNLESS_ALLOWED(context, "", kUse);
  inference::ModelInferRequest request;
  while (stream->Read(&request)) {
    inference::ModelStreamInferResponse response;
    // A request that fails answers for itself; the stream goes on.
    Status status = allowed(*context, request.model_name(), kUse);
    if (status.ok()) status = infer(request, serving_, response.mutable_infer_response());
    if (!status.ok()) {
      response.set_error_message(status.message());
      response.mutable_infer_response()->set_id(request.id());
    }
    if (!stream->Write(response)) break;
  }
  return grpc::Status::OK;
}

grpc::Status InferenceService::ModelConfig(grpc::ServerContext* context, const inference::ModelConfigRequest* request,
                                           inference::ModelConfigResponse* response) {
  RETURN_UNLESS_ALLOWED(context, request->name(), kRead);
  const auto lease = serving_.live().acquire(request->name(), request->version());
  if (!lease.ok()) return to_grpc(lease.status());
  const serving::Model& model = *lease->version->runtime;
  auto* config = response->mutable_config();
  config->set_name(lease->deployment->name);
  config->set_platform(std::string(model.platform()));
  config->set_backend(std::string(model.platform()));
  config->set_max_batch_size(static_cast<int>(serving::FeatureMatrix::kMaxValues / model.signature().size()));
  for (const TensorSpec& spec : input_specs(model.signature())) set_config(spec, config->add_input());
  set_config(output_spec(model.signature()), config->add_output());
  return grpc::Status::OK;
}

grpc::Status InferenceService::ModelStatistics(grpc::ServerContext* context,
                                               const inference::ModelStatisticsRequest* request,
                                               inference::ModelStatisticsResponse* response) {
  RETURN_UNLESS_ALLOWED(context, request->name(), kRead);
  if (!request->name().empty()) {
    const auto lease = serving_.live().acquire(request->name(), request->version());
    if (!lease.ok()) return to_grpc(lease.status());
    add_statistics(*lease, response);
    return grpc::Status::OK;
  }
  for (const std::string& name : serving_.live().names()) {
    if (!allowed(*context, name, kRead).ok()) continue;
    const auto lease = serving_.live().acquire(name, {});
    if (lease.ok()) add_statistics(*lease, response);
  }
  return grpc::Status::OK;
}

grpc::Status InferenceService::RepositoryIndex(grpc::ServerContext* context,
                                               const inference::RepositoryIndexRequest* request,
                                               inference::RepositoryIndexResponse* response) {
  RETURN_UNLESS_ALLOWED(context, "", kRead);
  const auto deployments = serving_.list();
  if (!deployments.ok()) return to_grpc(deployments.status());
  for (const serving::Deployment& deployment : *deployments) {
    if (request->ready() && deployment.state != serving::DeploymentState::kReady) continue;
    if (!allowed(*context, deployment.name, kRead).ok()) continue;
    auto* model = response->add_models();
    model->set_name(deployment.name);
    model->set_version(str_cat(deployment.version));
    model->set_state(repository_state(deployment.state));
    model->set_reason(deployment.state == serving::DeploymentState::kStopped ? "unloaded" : deployment.error);
  }
  return grpc::Status::OK;
}

grpc::Status InferenceService::RepositoryModelLoad(grpc::ServerContext* context,
                                                   const inference::RepositoryModelLoadRequest* request,
                                                   inference::RepositoryModelLoadResponse*) {
  RETURN_UNLESS_ALLOWED(context, request->model_name(), kEdit);
  if (!request->parameters().empty()) {
    return to_grpc(unimplemented("parameters: a deployment's model comes from the registry"));
  }
  return to_grpc(detail::as_status(serving_.set_stopped(request->model_name(), false, "loaded")));
}

grpc::Status InferenceService::RepositoryModelUnload(grpc::ServerContext* context,
                                                     const inference::RepositoryModelUnloadRequest* request,
                                                     inference::RepositoryModelUnloadResponse*) {
  RETURN_UNLESS_ALLOWED(context, request->model_name(), kEdit);
  return to_grpc(detail::as_status(serving_.set_stopped(request->model_name(), true, "unloaded")));
}

}  // namespace treadle::oip
