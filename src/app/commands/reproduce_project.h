// Running an MLflow project's run again: its commit in a folder of its own, through the `mlflow` program.
#pragma once

#include "app/cli/io.h"
#include "base/json.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app {

// kFailedPrecondition that says why, when it cannot be.
Status check_project(const Json& run);
// The command that would be run, for people.
std::string describe_project(const Json& run);
// The new run's id, when it succeeded.
StatusOr<std::string> rerun_project(net::Client& client, const Json& run, const std::string& url, Io& io);

}  // namespace treadle::app
