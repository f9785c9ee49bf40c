// Which program this is, exactly.
#pragma once

#include <string>

namespace treadle {

// The linker's build id of the running program, in hex: the same for the same code and flags, another when anything
// that was linked in changed. Empty when it was linked without one.
const std::string& build_id();

}  // namespace treadle
