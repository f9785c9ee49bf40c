// multipart/form-data (RFC 7578): what HTML forms and many clients upload files in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treadle::net {

struct Part {
  std::string name, file_name;  // "" when not given
  std::string_view content;     // points into the body
};

// The parts of `body`, at most 64, in order. kInvalidArgument says what is wrong: another content type, no boundary, a
// part without an end.
StatusOr<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace treadle::net
