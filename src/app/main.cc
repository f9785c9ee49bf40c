// treadle: one program for the whole life of a model. main() only hands the words to the command that knows them; see
// commands/ for each command and application.h for what `treadle up` starts.
#include <unistd.h>

#include <iostream>

#include "app/cli/command.h"
#include "app/commands/commands.h"

int main(int argc, char** argv) {
  using namespace treadle::app;
  Io io(std::cout, std::cerr, isatty(STDERR_FILENO) == 1);
  return run_cli(all_commands(), std::vector<std::string>(argv + 1, argv + argc), io);
}
