#include "storage/sql/regexp.h"

#include <re2/re2.h>
#include <sqlite3.h>

#include <memory>

namespace treadle::sql {
namespace {

std::unique_ptr<RE2> compiled(std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

re2::StringPiece text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// regexp(pattern, text). SQLite keeps the compiled pattern for all rows of a statement.
void regexp(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
  auto* pattern = static_cast<RE2*>(sqlite3_get_auxdata(context, 0));
  std::unique_ptr<RE2> made;
  if (pattern == nullptr) {
    const re2::StringPiece text = text_of(arguments[0]);
    made = compiled({text.data(), text.size()});
    if (!made->ok()) return sqlite3_result_error(context, "a regular expression is not valid", -1);
    pattern = made.get();
  }
  sqlite3_result_int(context, RE2::PartialMatch(text_of(arguments[1]), *pattern) ? 1 : 0);
  if (made)
    sqlite3_set_auxdata(context, 0, made.release(),
                        [](void* one) { std::default_delete<RE2>()(static_cast<RE2*>(one)); });
}

}  // namespace

std::string_view regexp_operator(Dialect dialect) { return dialect == Dialect::kPostgres ? " ~ " : " REGEXP "; }

Status check_regexp(const std::string& pattern) {
  const auto made = compiled(pattern);
  if (made->ok()) return ok_status();
  return invalid("\"", pattern, "\" is not a regular expression: ", made->error());
}

Status add_regexp(sqlite3* handle) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  if (sqlite3_create_function_v2(handle, "regexp", 2, kFlags, nullptr, regexp, nullptr, nullptr, nullptr) == SQLITE_OK)
    return ok_status();
  return internal_error("SQLite takes no function for regular expressions: ", sqlite3_errmsg(handle));
}

}  // namespace treadle::sql
