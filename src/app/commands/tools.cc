#include "app/commands/commands.h"
#include "app/config.h"

namespace treadle::app {
namespace {

Status show_config(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  Json result = Json::object();
  std::vector<std::vector<std::string>> rows;
  for (const Setting& setting : all_settings()) {
    std::string value =
        setting.name == "database" ? without_password(config.get(setting.name)) : config.get(setting.name);
    if (is_secret(setting.name) && !value.empty()) value = "***";
    result[setting.name] = {{"value", value}, {"origin", config.origin(setting.name)}, {"help", setting.help}};
    std::vector<std::string> row = {setting.name, value.empty() ? "-" : value};
    row.push_back(args.has("show-origin") ? config.origin(setting.name) : setting.help);
    rows.push_back(std::move(row));
  }
  io.emit(result);
  io.table({"setting", "value", args.has("show-origin") ? "from" : "meaning"}, rows, "");
  return ok_status();
}

Status print_completion(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::string script, completion_script(all_commands(), args.get("shell")));
  io.raw(script);
  return ok_status();
}

}  // namespace

void add_tool_commands(std::vector<Command>& commands) {
  commands.push_back({.path = "config",
                      .summary = "Show every setting and where its value comes from",
                      .examples = {"treadle config --show-origin", "TREADLE_PORT=8080 treadle config --json"},
                      .positionals = {},
                      .options = {{"show-origin", "", "show which flag, variable or file set each value"}},
                      .run = show_config});
  commands.push_back({.path = "completion",
                      .summary = "Print a shell completion script",
                      .examples = {"source <(treadle completion bash)", "treadle completion fish | source"},
                      .positionals = {{"shell", "bash, zsh or fish"}},
                      .options = {},
                      .run = print_completion});
}

}  // namespace treadle::app
