// Whether bytes are text.
#pragma once

#include <cstddef>
#include <string_view>

namespace treadle {

// Well-formed UTF-8: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view bytes);

// As much of the start of a text as fits into so many bytes without cutting a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

}  // namespace treadle
