// The Open Inference Protocol V2 over gRPC, with grpc.health.v1, on a port of its own.
//
//   oip::OipGrpcServer grpc(serving);
//   RETURN_IF_ERROR(grpc.start("127.0.0.1", 7071));
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "domains/auth/types.h"
#include "domains/serving/service.h"

namespace treadle::oip {

class OipGrpcServer {
 public:
  // Whether the sender of these credentials ("authorization" of a call's metadata) has `level` on the deployment; with
  // "" whether they are anybody at all.
  using Allow = std::function<Status(std::string_view authorization, std::string_view peer,
                                     const std::string& deployment, auth::Permission level)>;
  // Without `allow` everybody may everything.
  explicit OipGrpcServer(serving::Service& serving, Allow allow = nullptr);
  // Stops with a grace of a second.
  ~OipGrpcServer();

  // Listening when it returns; `port` 0 picks a free one. Errors: kAlreadyExists when the port is in use.
  Status start(const std::string& address, std::uint16_t port);
  std::uint16_t port() const;
  // Refuses new calls, lets those under way finish for at most `grace`. Idempotent.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treadle::oip
