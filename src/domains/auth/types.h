// The words of access control: accounts, permissions and what they are given on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treadle::auth {

// In rising order; each includes those before it. The names on the wire are MLflow's.
enum class Permission { kNone, kRead, kUse, kEdit, kManage };
// "NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE".
std::string_view to_string(Permission permission);
// Also "DENY", which is "NO_PERMISSIONS"; nullopt for any other text.
std::optional<Permission> parse_permission(std::string_view text);

// What permissions are given on. A pattern is an id (an experiment's, a model's name) or "*" for all of the kind.
inline constexpr std::string_view kExperiment = "experiment";
inline constexpr std::string_view kModel = "registered_model";
inline constexpr std::string_view kPipeline = "pipeline";  // only "*": who may start steps, see README.md
bool is_resource_type(std::string_view type);

struct Grant {
  std::string type, pattern;
  Permission permission = Permission::kNone;
};

struct User {
  std::int64_t id = 0;
  std::string name;
  bool admin = false;
  std::int64_t created_ms = 0;
};

// A user and all that was given to them, as it was at one moment.
struct Account {
  User user;
  std::string password_hash;
  std::vector<Grant> grants;
};
using Identity = std::shared_ptr<const Account>;  // shared: requests read it while a newer one replaces it

struct Token {
  std::int64_t id = 0;
  std::string name;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> expires_ms;
};

}  // namespace treadle::auth
