// One request on its way through a deployment. The adapter fills the features, the call runs the model, measures each
// phase, and counts the request as failed unless finish() was reached.
//
//   ASSIGN_OR_RETURN(Call call, service.begin("energy-demand"));
//   call.features().reset(rows, call.signature().size());     // then write into call.features().row(i)
//   RETURN_IF_ERROR(call.predict());
//   … encode call.values() …
//   service.finish(call, request_id);
//
// Its buffers come from and go back to the thread, so that a request of usual size allocates no memory here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domains/serving/live.h"

namespace treadle::serving {

class Call {
 public:
  explicit Call(Lease lease);
  Call(Call&& other) noexcept = default;
  Call& operator=(Call&&) = delete;
  ~Call();

  const Lease& lease() const { return lease_; }
  const LiveDeployment& deployment() const { return *lease_.deployment; }
  const LiveVersion& version() const { return *lease_.version; }
  const Signature& signature() const { return lease_.version->runtime->signature(); }
  // Sizes the matrix, everything missing. Errors: kInvalidArgument for no rows, kResourceExhausted for too many.
  Status reset(std::size_t rows);
  FeatureMatrix& features() { return buffers_.features; }
  const FeatureMatrix& features() const { return buffers_.features; }
  // Errors: kInvalidArgument that names the row and feature of an infinite value (XGBoost refuses those, too).
  Status predict();
  // One per row, after predict().
  std::span<const float> values() const { return buffers_.values; }
  // Counts the request as answered.
  void succeeded(std::int64_t now_ms);

 private:
  struct Buffers {
    FeatureMatrix features;
    std::vector<float> values;
  };
  static Buffers& spare();

  Lease lease_;
  Buffers buffers_;
  std::int64_t began_ns_;
  std::int64_t decoded_ns_ = 0;
  std::int64_t inferred_ns_ = 0;
  bool done_ = false;
};

}  // namespace treadle::serving
