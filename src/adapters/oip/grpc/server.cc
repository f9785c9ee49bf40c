#include "adapters/oip/grpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "adapters/oip/grpc/inference_service.h"
#include "base/log.h"

namespace treadle::oip {
namespace {
constexpr int kMaxMessage = 64 << 20;
constexpr int kMaxThreads = 64;

// The library's own messages go to our log, where they are seen on request only: what matters comes back as a status.
void log_from_grpc(gpr_log_func_args* entry) { log_debug("grpc", {{"message", entry->message}}); }
}  // namespace

struct OipGrpcServer::Impl {
  Impl(serving::Service& serving, Allow allow) : service(serving, std::move(allow)) {}
  InferenceService service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

OipGrpcServer::OipGrpcServer(serving::Service& serving, Allow allow)
    : impl_(std::make_unique<Impl>(serving, std::move(allow))) {}

OipGrpcServer::~OipGrpcServer() { stop(std::chrono::seconds(1)); }

Status OipGrpcServer::start(const std::string& address, std::uint16_t port) {
  gpr_set_log_function(log_from_grpc);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("oip");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxMessage);
  builder.SetMaxSendMessageSize(kMaxMessage);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  // Without this a second server would share the port and take half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(str_cat(address, ":", port), grpc::InsecureServerCredentials(), &impl_->port);
  builder.RegisterService(&impl_->service);
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr || impl_->port == 0) {
    impl_->server.reset();
    return already_exists("cannot listen for gRPC on ", address, ":", port,
                          ": the port is in use or not allowed; choose another with --grpc-port");
  }
  impl_->server->GetHealthCheckService()->SetServingStatus(true);
  impl_->server->GetHealthCheckService()->SetServingStatus("inference.GRPCInferenceService", true);
  return ok_status();
}

std::uint16_t OipGrpcServer::port() const { return static_cast<std::uint16_t>(impl_->port); }

void OipGrpcServer::stop(std::chrono::milliseconds grace) {
  if (impl_->server == nullptr) return;
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace treadle::oip
