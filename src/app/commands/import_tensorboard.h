// treadle import tensorboard.
#pragma once

#include "app/cli/command.h"

namespace treadle::app {

Command import_tensorboard_command();

}  // namespace treadle::app
