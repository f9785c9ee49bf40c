// The commands, one file per noun. Each function adds its commands to the list in the order help shows them.
#pragma once

#include <vector>

#include "app/cli/command.h"

namespace treadle::app {

std::vector<Command> all_commands();

void add_server_commands(std::vector<Command>& commands);      // up, down, status, doctor
void add_tracking_commands(std::vector<Command>& commands);    // experiment list
void add_model_commands(std::vector<Command>& commands);       // model list, model show
void add_deployment_commands(std::vector<Command>& commands);  // deployment list, show, create, predict
void add_tool_commands(std::vector<Command>& commands);        // config, completion

}  // namespace treadle::app
