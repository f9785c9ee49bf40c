#pragma once

#include "app/cli/io.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app {

// A version with its run, data, code, environment, evaluation, deployments and history.
Status show_version(net::Client& client, const std::string& model, std::int64_t number, Io& io);

}  // namespace treadle::app
