// Text of a CEL expression to a tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace treadle::pipelines::cel {

struct Node {
  enum class Kind { kLiteral, kName, kCall, kIndex, kList, kUnary, kBinary };
  Kind kind = Kind::kLiteral;
  std::string text;  // the name, the function or the operator
  Json value;        // of a literal
  std::vector<Node> children;
};

// At most 64 levels deep and 16 KiB long.
StatusOr<Node> parse(std::string_view expression);

}  // namespace treadle::pipelines::cel
