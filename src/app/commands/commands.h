// The commands, one file per noun. Each function adds its commands to the list in the order help shows them.
#pragma once

#include <vector>

#include "app/cli/command.h"

namespace treadle::app {

std::vector<Command> all_commands();

void add_server_commands(std::vector<Command>& commands);        // up, down, status, doctor
void add_demo_commands(std::vector<Command>& commands);          // demo forecast
void add_run_commands(std::vector<Command>& commands);           // run, run logs, run cancel
void add_pipeline_commands(std::vector<Command>& commands);      // pipeline list, pipeline create
void add_monitoring_commands(std::vector<Command>& commands);    // alert list, trigger list, trigger fire, why
void add_component_commands(std::vector<Command>& commands);     // component list, component run
void add_experiment_commands(std::vector<Command>& commands);    // experiment list, create, show, delete, restore
void add_tracked_run_commands(std::vector<Command>& commands);   // run list, show, create, log, delete, restore
void add_run_compare_command(std::vector<Command>& commands);    // run compare
void add_gc_command(std::vector<Command>& commands);             // gc
void add_artifact_commands(std::vector<Command>& commands);      // artifact list, download, upload
void add_trace_commands(std::vector<Command>& commands);         // trace list, show, delete
void add_model_commands(std::vector<Command>& commands);         // model list, show, alias, stage
void add_model_change_commands(std::vector<Command>& commands);  // model create, register, update, rename, delete
void add_reproduce_command(std::vector<Command>& commands);      // reproduce
void add_gate_commands(std::vector<Command>& commands);          // gate set … delete, model approve, model history
void add_deployment_commands(std::vector<Command>& commands);    // deployment list, show, create, predict
void add_user_commands(std::vector<Command>& commands);          // user list, create, grant, token …
void add_tool_commands(std::vector<Command>& commands);          // config, completion
void add_transfer_commands(std::vector<Command>& commands);      // import mlflow

}  // namespace treadle::app
