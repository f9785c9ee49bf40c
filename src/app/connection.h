// How a command finds the server it talks to.
#pragma once

#include <string>

#include "app/cli/command.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app {

// --url, else $TREADLE_URL or a settings file, else the server running on --data, else the default port.
StatusOr<std::string> server_url(const Args& args);
// The header that says who one is by password.
std::string basic_authorization(std::string_view user, std::string_view password);
// A client of that server, as the user of the settings, else as the owner of the server that runs here.
StatusOr<net::Client> connect(const Args& args);

}  // namespace treadle::app
