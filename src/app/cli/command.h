// A command of the CLI, as data: `treadle <noun> <verb> [arguments] [--options]`. Parsing, help, completion and the
// "did you mean" of every command come from this one description; the command itself is `run`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/io.h"
#include "base/status.h"

namespace treadle::app {

struct Positional {
  std::string name;
  std::string help;
  bool required = true;
  bool repeated = false;  // takes all words that follow
};

struct Option {
  std::string name;        // "port" is typed --port
  std::string value_name;  // empty for a switch
  std::string help;
  bool repeated = false;
};

// What was typed, checked against the description.
class Args {
 public:
  void add(const std::string& name, std::string value) { values_[name].push_back(std::move(value)); }
  bool has(const std::string& name) const { return values_.contains(name); }
  // Empty when it was not given.
  std::string get(const std::string& name, const std::string& fallback = "") const;
  std::vector<std::string> all(const std::string& name) const;
  // An error names the option.
  StatusOr<std::int64_t> integer(const std::string& name, std::int64_t fallback, std::int64_t low,
                                 std::int64_t high) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

struct Command {
  std::string path;     // "model list"
  std::string summary;  // one line, no full stop
  std::vector<std::string> examples;
  std::vector<Positional> positionals;
  std::vector<Option> options;
  // The status decides the exit code: see exit_code().
  std::function<Status(const Args&, Io&)> run;
};

// 0 ok, 1 failed, 2 usage, 3 not found, 4 refused by a gate.
int exit_code(const Status& status);

// Parses, runs, prints the error, and returns the exit code. `arguments` is argv without the program's name.
int run_cli(const std::vector<Command>& commands, const std::vector<std::string>& arguments, Io& io);

// The completion script of a shell ("bash", "zsh", "fish").
StatusOr<std::string> completion_script(const std::vector<Command>& commands, std::string_view shell);

}  // namespace treadle::app
