// The fields of an event, which is protobuf.
#pragma once

#include <functional>
#include <string_view>

#include "base/status.h"
#include "base/wire_format.h"

namespace treadle::app::tensorboard {

using wire::Field;

// kDataLoss when the bytes are no fields.
inline Status each_field(std::string_view bytes, const std::function<Status(const Field&)>& work) {
  return wire::each_field(
      bytes, [] { return Status(StatusCode::kDataLoss, "a record is no event of TensorBoard"); }, work);
}

}  // namespace treadle::app::tensorboard
