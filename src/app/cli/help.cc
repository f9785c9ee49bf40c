#include "app/cli/help.h"

#include <algorithm>
#include <map>

#include "base/strings.h"

namespace treadle::app {
namespace {

std::string padded(std::string_view text, std::size_t width) {
  return str_cat(text, std::string(width > text.size() ? width - text.size() : 1, ' '));
}

std::string noun_of(const Command& command) { return command.path.substr(0, command.path.find(' ')); }

// A line for each command of a noun; the one that is the noun alone may be left out.
std::string lines_of(const std::vector<Command>& commands, std::string_view noun, bool with_itself) {
  std::string text;
  for (const Command& command : commands) {
    if (noun_of(command) != noun || (!with_itself && command.path == noun)) continue;
    str_append(&text, "  ", padded(command.path, 22), command.summary, "\n");
  }
  return text;
}

std::string verbs_of(const std::vector<Command>& commands, std::string_view noun) {
  const std::string lines = lines_of(commands, noun, false);
  return lines.empty() ? "" : str_cat("\nVerbs:\n", lines);
}

constexpr std::string_view kGlobalOptions =
    "Global options:\n"
    "  --json          print the result as JSON\n"
    "  --url URL       the server to talk to (default: $TREADLE_URL, else the one running on --data)\n"
    "  --data DIR      the data directory (default: $TREADLE_DATA, else ./treadle-data)\n"
    "  -h, --help      show this help\n";

}  // namespace

std::string overview_help(const std::vector<Command>& commands) {
  std::string text =
      "Treadle: track, train, register, serve and monitor models with one program.\n\n"
      "Usage: treadle <command> [arguments] [options]\n\nCommands:\n";
  std::vector<std::string> nouns;
  for (const Command& command : commands) {
    if (std::find(nouns.begin(), nouns.end(), noun_of(command)) == nouns.end()) nouns.push_back(noun_of(command));
  }
  for (const std::string& noun : nouns) str_append(&text, lines_of(commands, noun, true));
  str_append(&text, "\n", kGlobalOptions,
             "      --version   show the version\n\n"
             "Start with:\n"
             "  treadle up                 start everything on this machine\n"
             "  treadle demo forecast      watch the whole loop on real electricity demand\n\n"
             "Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not found, 4 refused by a gate.\n");
  return text;
}

std::string noun_help(const std::vector<Command>& commands, std::string_view noun) {
  return str_cat("Usage: treadle ", noun, " <verb> [arguments] [options]\n", verbs_of(commands, noun), "\n",
                 kGlobalOptions);
}

std::string command_help(const std::vector<Command>& commands, const Command& command) {
  std::string text = str_cat(command.summary, "\n\nUsage: treadle ", command.path);
  for (const Positional& positional : command.positionals) {
    str_append(&text, positional.required ? " <" : " [<", positional.name, positional.required ? ">" : ">]",
               positional.repeated ? "…" : "");
  }
  if (!command.options.empty()) text += " [options]";
  text += "\n";
  if (!command.positionals.empty()) text += "\nArguments:\n";
  for (const Positional& positional : command.positionals) {
    str_append(&text, "  ", padded(positional.name, 22), positional.help, "\n");
  }
  if (!command.options.empty()) text += "\nOptions:\n";
  for (const Option& option : command.options) {
    const std::string left = str_cat("--", option.name, option.value_name.empty() ? "" : " ", option.value_name);
    str_append(&text, "  ", padded(left, 22), option.help, option.repeated ? " (may be repeated)" : "", "\n");
  }
  // `treadle run FILE` is a command, and `run list` another.
  if (noun_of(command) == command.path) text += verbs_of(commands, command.path);
  str_append(&text, "\n", kGlobalOptions);
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const std::string& example : command.examples) str_append(&text, "  $ ", example, "\n");
  return text;
}

namespace {

// The words that may follow each path of words: {"": {model, run…}, "model": {list, show}}.
std::map<std::string, std::vector<std::string>> words_after(const std::vector<Command>& commands) {
  std::map<std::string, std::vector<std::string>> after;
  const auto add = [&](const std::string& path, std::string word) {
    auto& words = after[path];
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  };
  for (const Command& command : commands) {
    std::string path;
    for (const std::string_view word : split(command.path, ' ')) {
      add(path, std::string(word));
      str_append(&path, path.empty() ? "" : " ", word);
    }
    for (const Option& option : command.options) add(path, "--" + option.name);
    add(path, "--json");
    add(path, "--help");
  }
  return after;
}

std::string bash_script(const std::vector<Command>& commands) {
  std::string text =
      "# Completion for treadle. Load it with: source <(treadle completion bash)\n_treadle() {\n"
      "  local path='' word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do [[ $word == -* ]] || path=\"${path:+$path }$word\"; done\n"
      "  while :; do\n    case \"$path\" in\n";
  for (const auto& [path, words] : words_after(commands)) {
    str_append(&text, "      '", path, "') COMPREPLY=($(compgen -W '", join(words, " "),
               "' -- \"${COMP_WORDS[COMP_CWORD]}\")); break ;;\n");
  }
  text +=
      "    esac\n    [[ $path == *' '* ]] || { path=''; break; }\n    path=\"${path% *}\"\n  done\n"
      "  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
      "complete -F _treadle treadle\n";
  return text;
}

std::string fish_script(const std::vector<Command>& commands) {
  std::string text = "# Completion for treadle. Load it with: treadle completion fish | source\n";
  for (const Command& command : commands) {
    const auto words = split(command.path, ' ');
    const std::string seen =
        words.size() == 1 ? "__fish_use_subcommand" : str_cat("__fish_seen_subcommand_from ", words.front());
    str_append(&text, "complete -c treadle -n '", seen, "' -a '", words.back(), "' -d '",
               replace_all(command.summary, "'", "\\'"), "'\n");
  }
  return text;
}

}  // namespace

StatusOr<std::string> completion_script(const std::vector<Command>& commands, std::string_view shell) {
  if (shell == "bash") return bash_script(commands);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(commands);
  if (shell == "fish") return fish_script(commands);
  return invalid_field("shell", "must be bash, zsh or fish, got \"", shell, "\"");
}

}  // namespace treadle::app
