// Access control as the settings say: none, or users with passwords.
#pragma once

#include <memory>

#include "app/config.h"
#include "domains/auth/service.h"

namespace treadle::app {

// Null when `auth` is off. Makes the first administrator when there is no user yet and a password for one is set.
StatusOr<std::unique_ptr<auth::Service>> open_auth(const Config& config, sql::Database& database, const Clock& clock);
// The address to listen on: without access control only one of this machine.
StatusOr<std::string> listen_address(const Config& config, bool guarded);
// How this machine's programs reach a server that listens there, without a port: "127.0.0.1", "[::1]".
std::string local_host(const std::string& address);

}  // namespace treadle::app
