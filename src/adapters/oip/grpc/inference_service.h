// The calls of the protocol: decode -> one service call -> encode, as the HTTP routes do.
#pragma once

#include <functional>

#include "domains/auth/types.h"
#include "domains/serving/service.h"
#include "inference.grpc.pb.h"

namespace treadle::oip {

// Whether the sender of these credentials has `level` on the deployment; with "" whether they are anybody at all.
using Allow = std::function<Status(std::string_view authorization, std::string_view peer, const std::string& deployment,
                                   auth::Permission level)>;

class InferenceService final : public inference::GRPCInferenceService::Service {
 public:
  // Without `allow` everybody may everything.
  explicit InferenceService(serving::Service& serving, Allow allow = nullptr)
      : serving_(serving), allow_(std::move(allow)) {}

  grpc::Status ServerLive(grpc::ServerContext*, const inference::ServerLiveRequest*,
                          inference::ServerLiveResponse*) override;
  grpc::Status ServerReady(grpc::ServerContext*, const inference::ServerReadyRequest*,
                           inference::ServerReadyResponse*) override;
  grpc::Status ModelReady(grpc::ServerContext*, const inference::ModelReadyRequest*,
                          inference::ModelReadyResponse*) override;
  grpc::Status ServerMetadata(grpc::ServerContext*, const inference::ServerMetadataRequest*,
                              inference::ServerMetadataResponse*) override;
  grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest*,
                             inference::ModelMetadataResponse*) override;
  grpc::Status ModelInfer(grpc::ServerContext*, const inference::ModelInferRequest*,
                          inference::ModelInferResponse*) override;
  grpc::Status ModelStreamInfer(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<inference::ModelStreamInferResponse, inference::ModelInferRequest>*) override;
  grpc::Status ModelConfig(grpc::ServerContext*, const inference::ModelConfigRequest*,
                           inference::ModelConfigResponse*) override;
  grpc::Status ModelStatistics(grpc::ServerContext*, const inference::ModelStatisticsRequest*,
                               inference::ModelStatisticsResponse*) override;
  grpc::Status RepositoryIndex(grpc::ServerContext*, const inference::RepositoryIndexRequest*,
                               inference::RepositoryIndexResponse*) override;
  grpc::Status RepositoryModelLoad(grpc::ServerContext*, const inference::RepositoryModelLoadRequest*,
                                   inference::RepositoryModelLoadResponse*) override;
  grpc::Status RepositoryModelUnload(grpc::ServerContext*, const inference::RepositoryModelUnloadRequest*,
                                     inference::RepositoryModelUnloadResponse*) override;

 private:
  Status allowed(const grpc::ServerContext& context, const std::string& deployment, auth::Permission level) const;

  serving::Service& serving_;
  const Allow allow_;
};

}  // namespace treadle::oip
