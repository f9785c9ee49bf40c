// How a command finds the server it talks to.
#pragma once

#include <string>

#include "app/cli/command.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app {

// --url, else $TREADLE_URL or a settings file, else the server running on --data, else the default port.
StatusOr<std::string> server_url(const Args& args);
// A client of that server.
StatusOr<net::Client> connect(const Args& args);

}  // namespace treadle::app
