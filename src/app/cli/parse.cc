#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <list>

#include "app/cli/command.h"
#include "app/cli/help.h"
#include "app/version.h"
#include "base/strings.h"

namespace treadle::app {
namespace {

const std::vector<Option> kGlobals = {{"json", "", "print the result as JSON"},
                                      {"url", "URL", "the server to talk to"},
                                      {"data", "DIR", "the data directory"}};

// The longest command path that the words begin with; null when there is none.
const Command* find_command(const std::vector<Command>& commands, const std::vector<std::string>& arguments,
                            std::size_t* used) {
  const Command* best = nullptr;
  for (const Command& command : commands) {
    const auto words = split(command.path, ' ');
    if (words.size() > arguments.size() || (best != nullptr && words.size() <= *used)) continue;
    if (!std::equal(words.begin(), words.end(), arguments.begin())) continue;
    best = &command;
    *used = words.size();
  }
  return best;
}

bool is_help(const std::string& word) { return word == "--help" || word == "-h"; }

Status unknown_command(const std::vector<Command>& commands, const std::vector<std::string>& arguments) {
  std::vector<std::string> nouns, paths;
  for (const Command& command : commands) {
    nouns.push_back(std::string(split(command.path, ' ').front()));
    paths.push_back(command.path);
  }
  std::string typed = arguments.front();
  if (arguments.size() > 1 && !arguments[1].starts_with('-')) str_append(&typed, " ", arguments[1]);
  std::string guess = nearest_word(typed, paths);
  if (guess.empty()) guess = nearest_word(arguments.front(), nouns);
  return invalid("there is no command \"", typed, "\"",
                 guess.empty() ? "; `treadle --help` lists them" : str_cat("; did you mean `treadle ", guess, "`?"));
}

// Checks the words after the command's path against its description.
StatusOr<Args> parse_arguments(const Command& command, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  std::list<std::vector<std::string>> values;  // stable addresses for the parser to write to
  std::vector<std::pair<CLI::Option*, std::string>> parsed;
  std::vector<Option> options = command.options;
  options.insert(options.end(), kGlobals.begin(), kGlobals.end());
  std::vector<std::string> option_names;
  for (const Option& option : options) {
    const std::string flag = "--" + option.name;
    if (std::find(option_names.begin(), option_names.end(), flag) != option_names.end()) continue;
    option_names.push_back(flag);
    CLI::Option* added =
        option.value_name.empty() ? app.add_flag(flag) : app.add_option(flag, values.emplace_back())->expected(1);
    if (option.repeated) added->take_all();
    parsed.emplace_back(added, option.name);
  }
  for (const Positional& positional : command.positionals) {
    CLI::Option* added = app.add_option(positional.name, values.emplace_back())->expected(1);
    if (positional.repeated) added->expected(1, 1000);
    // Otherwise the first would take all the words.
    added->allow_extra_args(positional.repeated);
    if (positional.required) added->required();
    parsed.emplace_back(added, positional.name);
  }
  try {
    std::reverse(words.begin(), words.end());  // CLI11 takes them last first
    app.parse(words);
  } catch (const CLI::ExtrasError&) {
    for (const std::string& word : app.remaining()) {
      if (!word.starts_with("--")) return invalid("unexpected argument \"", word, "\"");
      const std::string guess = nearest_word(word, option_names);
      return invalid("there is no option ", word, guess.empty() ? "" : str_cat("; did you mean ", guess, "?"));
    }
  } catch (const CLI::ParseError& error) {
    return invalid(error.what());
  }
  Args args;
  for (const auto& [option, name] : parsed) {
    if (option->count() == 0) continue;
    if (option->get_expected_max() == 0) args.add(name, "true");
    if (option->get_expected_max() != 0) {
      for (const std::string& value : option->results()) args.add(name, value);
    }
  }
  return args;
}

int fail(const Status& status, const Command* command, Io& io) {
  if (io.json()) {
    Json error = {{"code", to_string(status.code())}, {"message", status.message()}};
    if (!status.field().empty()) error["field"] = status.field();
    io.warn(to_text({{"error", error}}));
  } else {
    io.warn(str_cat("error: ", status.message()));
    if (exit_code(status) == 2 && command != nullptr) io.warn(str_cat("see `treadle ", command->path, " --help`"));
  }
  return exit_code(status);
}

}  // namespace

std::string Args::get(const std::string& name, const std::string& fallback) const {
  const auto it = values_.find(name);
  return it == values_.end() ? fallback : it->second.back();
}

std::vector<std::string> Args::all(const std::string& name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

StatusOr<std::int64_t> Args::integer(const std::string& name, std::int64_t fallback, std::int64_t low,
                                     std::int64_t high) const {
  if (!has(name)) return fallback;
  const auto value = parse_int(get(name));
  if (!value || *value < low || *value > high) {
    return invalid_field("--" + name, "must be an integer from ", low, " to ", high, ", got \"", get(name), "\"");
  }
  return *value;
}

int exit_code(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return 0;
    case StatusCode::kInvalidArgument:
      return 2;
    case StatusCode::kNotFound:
      return 3;
    case StatusCode::kAborted:
      return 4;
    default:
      return 1;
  }
}

int run_cli(const std::vector<Command>& commands, const std::vector<std::string>& arguments, Io& io) {
  io.set_json(std::find(arguments.begin(), arguments.end(), "--json") != arguments.end());
  if (arguments.empty() || is_help(arguments.front()) || arguments.front() == "help") {
    io.raw(overview_help(commands));
    return 0;
  }
  if (arguments.front() == "--version") {
    io.raw(str_cat("treadle ", kVersion, "\n"));
    return 0;
  }
  const bool wants_help = std::any_of(arguments.begin(), arguments.end(), is_help);
  std::size_t used = 0;
  const Command* command = find_command(commands, arguments, &used);
  if (command == nullptr) {
    const bool known_noun = std::any_of(commands.begin(), commands.end(), [&](const Command& candidate) {
      return candidate.path.starts_with(arguments.front() + " ");
    });
    if (known_noun && (wants_help || arguments.size() == 1)) {
      io.raw(noun_help(commands, arguments.front()));
      return wants_help ? 0 : 2;
    }
    return fail(unknown_command(commands, arguments), nullptr, io);
  }
  if (wants_help) {
    io.raw(command_help(commands, *command));
    return 0;
  }
  const auto args = parse_arguments(*command, {arguments.begin() + static_cast<std::ptrdiff_t>(used), arguments.end()});
  if (!args.ok()) return fail(args.status(), command, io);
  const Status status = command->run(*args, io);
  io.end_progress();
  return status.ok() ? 0 : fail(status, command, io);
}

}  // namespace treadle::app
