#pragma once

#include <string_view>

namespace treadle::app {
inline constexpr std::string_view kVersion = TREADLE_VERSION;
}
