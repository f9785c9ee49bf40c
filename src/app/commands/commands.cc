#include "app/commands/commands.h"

namespace treadle::app {

std::vector<Command> all_commands() {
  std::vector<Command> commands;
  add_server_commands(commands);
  add_demo_commands(commands);
  add_run_commands(commands);
  add_pipeline_commands(commands);
  add_tracked_run_commands(commands);
  add_run_compare_command(commands);
  add_experiment_commands(commands);
  add_artifact_commands(commands);
  add_gc_command(commands);
  add_transfer_commands(commands);
  add_trace_commands(commands);
  add_model_commands(commands);
  add_model_change_commands(commands);
  add_gate_commands(commands);
  add_reproduce_command(commands);
  add_deployment_commands(commands);
  add_monitoring_commands(commands);
  add_component_commands(commands);
  add_user_commands(commands);
  add_tool_commands(commands);
  return commands;
}

}  // namespace treadle::app
