#include "domains/tracking/text_match.h"

namespace treadle::tracking {
namespace {

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The bytes of the UTF-8 character at `at`.
std::size_t character_size(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (text[at + size] & 0xc0) == 0x80) ++size;
  return size;
}

}  // namespace

// When a part after a % does not fit, only the last % can help by taking one more character.
bool matches_like(std::string_view text, std::string_view pattern, bool ignore_case) {
  const auto same = [&](char a, char b) { return a == b || (ignore_case && folded(a) == folded(b)); };
  std::size_t at = 0, in_pattern = 0;
  std::size_t retry_pattern = std::string_view::npos, retry_at = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '%') {
      retry_pattern = ++in_pattern;
      retry_at = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == '_') {
      at += character_size(text, at);
      ++in_pattern;
    } else if (in_pattern < pattern.size() && same(text[at], pattern[in_pattern])) {
      ++at;
      ++in_pattern;
    } else if (retry_pattern != std::string_view::npos) {
      retry_at += character_size(text, retry_at);
      at = retry_at;
      in_pattern = retry_pattern;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '%') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace treadle::tracking
