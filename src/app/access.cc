#include "app/access.h"

#include "base/log.h"

namespace treadle::app {
namespace {

bool is_loopback(const std::string& address) { return address == "127.0.0.1" || address == "::1"; }

Status make_first_admin(const Config& config, auth::Service& auth) {
  ASSIGN_OR_RETURN(const auto users, auth.users());
  if (!users.empty()) return ok_status();
  const std::string &name = config.get("admin-user"), &password = config.get("admin-password");
  if (password.empty()) {
    log_warning("there are no users yet: make one with `treadle user create NAME --admin` on this machine",
                {{"data", config.get("data")}});
    return ok_status();
  }
  const auto made = auth.create_user(name, password, true);
  if (!made.ok()) return with_context(made.status(), "admin-user, admin-password");
  log_info("made the first administrator; its password is no longer needed in the settings", {{"user", name}});
  return ok_status();
}

}  // namespace

StatusOr<std::unique_ptr<auth::Service>> open_auth(const Config& config, sql::Database& database, const Clock& clock) {
  const std::string& mode = config.get("auth");
  if (mode == "off") return std::unique_ptr<auth::Service>();
  if (mode != "basic") return invalid_field("auth", "must be off or basic, got \"", mode, "\"");
  const auto fallback = auth::parse_permission(config.get("default-permission"));
  if (!fallback) {
    return invalid_field("default-permission", "must be READ, USE, EDIT, MANAGE or NO_PERMISSIONS, got \"",
                         config.get("default-permission"), "\"");
  }
  auto auth = std::make_unique<auth::Service>(database, clock, *fallback);
  RETURN_IF_ERROR(auth->open());
  RETURN_IF_ERROR(make_first_admin(config, *auth));
  return auth;
}

StatusOr<std::string> listen_address(const Config& config, bool guarded) {
  const std::string& address = config.get("address");
  if (is_loopback(address)) return address;
  if (!guarded) {
    return invalid_field("address",
                         "must be 127.0.0.1 or ::1 while auth is off; with --auth basic it may be any "
                         "address of this machine");
  }
  log_warning("other machines can reach this server, and passwords travel as they are: put a proxy with TLS before it",
              {{"address", address}});
  return address;
}

std::string local_host(const std::string& address) {
  if (address == "::1" || address == "::") return "[::1]";
  if (is_loopback(address) || address == "0.0.0.0") return "127.0.0.1";
  return address.find(':') == std::string::npos ? address : str_cat("[", address, "]");
}

}  // namespace treadle::app
