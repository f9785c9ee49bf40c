// LIKE and ILIKE over text in memory, as SQLite does them: % stands for any characters, _ for one, ILIKE ignores the
// case of ASCII letters, and a backslash is a character like any other.
#pragma once

#include <string_view>

namespace treadle::tracking {

bool matches_like(std::string_view text, std::string_view pattern, bool ignore_case);

}  // namespace treadle::tracking
