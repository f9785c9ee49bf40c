// Texts of the CLI: help pages and completion, made from the commands' descriptions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command.h"

namespace treadle::app {

std::string overview_help(const std::vector<Command>& commands);
// `treadle model --help`: the verbs of one noun.
std::string noun_help(const std::vector<Command>& commands, std::string_view noun);
std::string command_help(const std::vector<Command>& commands, const Command& command);

}  // namespace treadle::app
