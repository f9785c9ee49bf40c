// Small text helpers, so that nobody writes them twice.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treadle {

namespace detail {
inline void append_part(std::string& out, std::string_view part) { out.append(part); }
inline void append_part(std::string& out, const std::string& part) { out.append(part); }
inline void append_part(std::string& out, const char* part) { out.append(part); }
inline void append_part(std::string& out, char part) { out.push_back(part); }
void append_part(std::string& out, double part);
inline void append_part(std::string& out, float part) { append_part(out, static_cast<double>(part)); }
template <std::integral Integer>
void append_part(std::string& out, Integer part) {
  if constexpr (std::same_as<Integer, bool>) {
    out.append(part ? "true" : "false");
  } else {
    char buffer[24];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, part).ptr);
  }
}
}  // namespace detail

// str_append(&out, "row ", 3, " of ", total): doubles are written in the shortest form that reads back the same.
template <typename... Parts>
void str_append(std::string* out, const Parts&... parts) {
  (detail::append_part(*out, parts), ...);
}
template <typename... Parts>
std::string str_cat(const Parts&... parts) {
  std::string out;
  str_append(&out, parts...);
  return out;
}

// "a,b,,c" by ',' gives 4 pieces; "" gives one empty piece. The pieces point into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
// The whole text must be the number; "nan" and "inf" are accepted by parse_double.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);
std::string hex_encode(std::string_view bytes);
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
// Edits (insert, delete, replace) between two words; for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);
// The nearest of `choices` when it is near enough to be a slip of the finger, else empty.
std::string nearest_word(std::string_view word, const std::vector<std::string>& choices);

}  // namespace treadle
