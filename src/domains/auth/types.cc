#include "domains/auth/types.h"

#include <array>

namespace treadle::auth {
namespace {
constexpr std::array<std::string_view, 5> kNames = {"NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE"};
}  // namespace

std::string_view to_string(Permission permission) { return kNames[static_cast<std::size_t>(permission)]; }

std::optional<Permission> parse_permission(std::string_view text) {
  if (text == "DENY") return Permission::kNone;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Permission>(i);
  }
  return std::nullopt;
}

bool is_resource_type(std::string_view type) { return type == kExperiment || type == kModel || type == kPipeline; }

}  // namespace treadle::auth
