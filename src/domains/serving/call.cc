#include "domains/serving/call.h"

#include <cmath>
#include <utility>

namespace treadle::serving {
namespace {
// Larger buffers are not kept between requests.
constexpr std::size_t kKeepValues = 256 * 1024;

Status check_finite(const FeatureMatrix& matrix, const Signature& signature) {
  bool infinite = false;
  for (const float value : matrix.values()) infinite |= std::isinf(value);
  if (!infinite) return ok_status();
  for (std::size_t i = 0; i < matrix.values().size(); ++i) {
    if (!std::isinf(matrix.values()[i])) continue;
    const std::string& name = signature.features()[i % matrix.columns()].name;
    return invalid_field(name, "row ", i / matrix.columns(), " is infinite or too large for a 32-bit float");
  }
  return ok_status();
}

}  // namespace

Call::Buffers& Call::spare() {
  thread_local Buffers buffers;
  return buffers;
}

Call::Call(Lease lease) : lease_(std::move(lease)), buffers_(std::move(spare())), began_ns_(monotonic_ns()) {}

Call::~Call() {
  if (lease_.deployment == nullptr) return;  // moved from
  if (!done_) lease_.deployment->stats.failed(monotonic_ns() - began_ns_);
  if (buffers_.features.capacity() <= kKeepValues) spare() = std::move(buffers_);
}

Status Call::reset(std::size_t rows) {
  const std::size_t columns = signature().size();
  if (rows == 0) return invalid("the request has no rows");
  if (rows > FeatureMatrix::kMaxValues / columns) {
    return resource_exhausted("the request has ", rows, " rows; at most ", FeatureMatrix::kMaxValues / columns, " of ",
                              columns, " features fit one request");
  }
  buffers_.features.reset(rows, columns);
  return ok_status();
}

Status Call::predict() {
  RETURN_IF_ERROR(check_finite(buffers_.features, signature()));
  decoded_ns_ = monotonic_ns();
  buffers_.values.resize(buffers_.features.rows());
  lease_.version->runtime->predict(buffers_.features, buffers_.values.data());
  inferred_ns_ = monotonic_ns();
  return ok_status();
}

void Call::succeeded(std::int64_t now_ms) {
  done_ = true;
  const RequestTimes times{decoded_ns_ - began_ns_, inferred_ns_ - decoded_ns_, monotonic_ns() - inferred_ns_};
  lease_.deployment->stats.succeeded(buffers_.features.rows(), times, now_ms);
}

}  // namespace treadle::serving
