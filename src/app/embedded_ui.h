// The page, as it was built into this program.
#pragma once

#include "net/static_files.h"

namespace treadle::app {

// Empty when the page was not built before the program.
net::StaticFiles embedded_ui();

}  // namespace treadle::app
