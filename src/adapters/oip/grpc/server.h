// The Open Inference Protocol V2 over gRPC, with grpc.health.v1, on a port of its own.
//
//   oip::OipGrpcServer grpc(serving);
//   RETURN_IF_ERROR(grpc.start("127.0.0.1", 7071));
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "domains/serving/service.h"

namespace treadle::oip {

class OipGrpcServer {
 public:
  explicit OipGrpcServer(serving::Service& serving);
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
