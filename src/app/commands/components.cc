#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "domains/components/registry.h"

namespace treadle::app {
namespace {

Status list_components(const Args&, Io& io) {
  Json result = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const components::Component& component : components::all_components()) {
    result.push_back({{"name", component.name}, {"description", component.description}});
    rows.push_back({std::string(component.name), std::string(component.description)});
  }
  io.emit({{"components", result}});
  io.table({"name", "what it does"}, rows, "");
  return ok_status();
}

Status run_component(const Args& args, Io&) {
  return components::run_component(args.get("name"), args.get("executor-input"));
}

}  // namespace

void add_component_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "component list",
                      .summary = "List the built-in pipeline steps",
                      .examples = {"treadle component list"},
                      .positionals = {},
                      .options = {},
                      .run = list_components});
  commands.push_back(
      {.path = "component run",
       .summary = "Run one built-in step by itself",
       .examples = {"treadle component run calendar-features --executor-input \"$(cat input.json)\""},
       .positionals = {{"name", "the component"}},
       .options = {{"executor-input", "JSON", "KFP's ExecutorInput: parameters, artifacts, output paths"}},
       .run = run_component});
}

}  // namespace treadle::app
