// A disk without room is no limit of ours: clients get 507 and what to do, not 429 and a reason to try again at once.
#pragma once

#include <string_view>

#include "base/status.h"

namespace treadle {

inline constexpr std::string_view kDiskField = "disk";  // what the error is about

// kResourceExhausted. `what` says what could not be written.
inline Status disk_full(std::string_view what) {
  return {StatusCode::kResourceExhausted,
          str_cat(what, ": no disk space left. Nothing of this request was kept; free some space, then send it again."),
          std::string(kDiskField)};
}

inline bool is_disk_full(const Status& status) {
  return status.code() == StatusCode::kResourceExhausted && status.field() == kDiskField;
}

}  // namespace treadle
